// Reactivate is the function URL POST reactivate: a coordinator ends a mentor's
// pause.
package main

import "mentorpause/shared/service"

func main() { service.Serve(newEndpoint) }
