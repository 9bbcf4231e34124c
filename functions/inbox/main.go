// Inbox is the function URL GET or POST inbox: one's own messages, page by page, and
// marking them as read.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
