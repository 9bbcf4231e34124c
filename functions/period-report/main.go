// Period-report is the function URL of the period report: who was active, and active with
// a valid certification, in a period, as JSON, CSV or XLSX; and reports that were issued.
package main

import "mentorpause/shared/bootstrap/web"

func main() { web.Start(newEndpoint) }
