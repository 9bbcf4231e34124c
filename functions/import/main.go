// Command import is the function POST import: a list of people is judged, and entered.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
