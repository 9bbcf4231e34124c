// Reactivate is the function URL POST reactivate: a coordinator ends a mentor's
// pause.
package main

import "mentorpause/shared/bootstrap"

func main() { bootstrap.HTTP(newEndpoint) }
