// Console is the function URL of the console: the page in which coordinators work. It
// serves files that were built into it, and has no database and no secret.
package main

import "mentorpause/shared/bootstrap/page"

func main() { page.Start(newHandler) }
