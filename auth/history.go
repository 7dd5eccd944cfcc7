package auth

import "time"

// loginMemory is how long sign-ins stay in a user's history.
const loginMemory = 90 * 24 * time.Hour
