// Mentor is the function URL GET mentor: one mentor's page, with what holds now and,
// page by page, what was.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
