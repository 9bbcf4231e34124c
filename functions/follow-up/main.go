// Follow-up is the function URL GET or POST follow-up: what administrators have to see
// to, acknowledging it, and taking an address off the list of refused ones.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
