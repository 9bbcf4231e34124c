// Reactivate is the function URL POST reactivate: a coordinator ends a mentor's
// pause.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
