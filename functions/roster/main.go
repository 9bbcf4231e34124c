// Roster is the function URL GET or POST roster: a coordinator's mentors, page by
// page, with the dashboard's counts.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
