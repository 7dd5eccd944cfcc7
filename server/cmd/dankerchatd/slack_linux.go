package main

import "time"

const (
	timerSlack      = time.Millisecond
	prSetTimerSlack = 29
	prGetTimerSlack = 30
	relaxed         = "DANKERCHATD_TIMERS_RELAXED"
)

func relaxTimers() {}
