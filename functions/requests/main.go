// Requests is the function URL of leave requests: POST asks for leave, answers a request or
// withdraws it, GET lists one's own and those of one's mentors.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
