// Pause is the function URL POST pause: a coordinator pauses a mentor, or amends
// a pause.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
