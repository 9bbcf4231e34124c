// People is the function URL POST or GET people: the commands with which people,
// chapters and certification kinds are kept, and a page of people.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
