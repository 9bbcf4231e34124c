package main

func runAsVictim() bool { return false }
