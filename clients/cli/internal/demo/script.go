package main

import "fmt"

// What the accounts say is made from these lists by their numbers alone, so that a
// second run says the same and posts nothing twice.

func username(i int) string    { return fmt.Sprintf("demo%02d", i+1) }
func displayName(i int) string { return fmt.Sprintf("Demo %02d", i+1) }

type room struct{ name, topic string }

var rooms = []room{
	{"demo-planning", "What comes next, and when"},
	{"demo-releases", "What goes out"},
	{"demo-support", "Questions from people who use it"},
	{"demo-design", "How it looks and reads"},
	{"demo-backend", "Servers, queues and databases"},
	{"demo-frontend", "What runs in the browser"},
	{"demo-operations", "What is up, and what is not"},
	{"demo-reading", "Articles worth the time"},
	{"demo-lunch", "Where, and at what time"},
	{"demo-help", "Ask anything"},
}

// member says whether somebody is in a room: everybody in the last two, about two
// thirds in the others, and always its owner.
func member(i, room int) bool { return room >= 8 || i == room%people || (i+room)%3 != 0 }

// circles are the direct conversations, by the numbers of who takes part.
var circles = [][]int{{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}, {0, 10}, {1, 2, 3}, {11, 12, 13, 14}}

type line struct {
	author, room int
	id, text     string
}

var (
	openings = []string{
		"Quick question:", "For the record:", "Small update:", "Heads-up:", "Good news:", "One more thing:", "Before I forget:", "As agreed:", "A thought:", "Follow-up:",
	}
	subjects = []string{
		"the import of last week", "the new sidebar", "the nightly backup", "the search index", "the invitation page", "our staging server", "the error page",
		"the keyboard shortcuts", "the retention setting", "the mobile layout", "the release notes", "the load test", "the sign-in form", "the audit log", "the dark theme",
		"the upgrade guide", "the health check",
	}
	news = []string{
		"is done and waits for a review.", "takes half as long as before.", "needs one more day.", "works on both databases now.", "is easier to read than I expected.",
		"fails when the disk is full, and says so.", "should be mentioned in the next notes.", "got two fixes this morning.", "has a test now.", "is next on my list.",
		"could use a second pair of eyes.", "looks right on a small screen, too.", "can be switched off again.",
	}
	replies = []string{
		"Thanks, I'll have a look after lunch.", "Sounds good to me.", "I can reproduce that.", "Which version was it?", "Agreed. Let's do it that way.", "Done.",
		"That explains what I saw yesterday.", "Could you add the steps?", "No objections here.", "I'd rather wait until Thursday.", "+1",
	}
)

// script is the nth message in channels. Four of five messages start or carry on a
// subject, the fifth answers and now and then names somebody.
func script(n int) line {
	r := n * 7 % len(rooms)
	author := (n*13 + n/len(rooms)) % people
	for !member(author, r) {
		author = (author + 1) % people
	}
	l := line{author: author, room: r, id: fmt.Sprintf("demo-%04d", n)}
	switch {
	case n%40 == 39:
		l.text = fmt.Sprintf("@%s %s", username((author+3)%people), replies[n%len(replies)])
	case n%5 == 4:
		l.text = replies[(n/5)%len(replies)]
	case n%97 == 0:
		l.text = fmt.Sprintf("Steps so far:\n1. stop %s\n2. copy the data directory\n3. start it again and look at %s", subjects[n%len(subjects)], subjects[(n+5)%len(subjects)])
	default:
		l.text = fmt.Sprintf("%s %s %s", openings[n%len(openings)], subjects[(n/3)%len(subjects)], news[(n/7+r)%len(news)])
	}
	return l
}

// aside is the kth message of the nth direct conversation.
func aside(n, k int) string {
	if k%2 == 0 {
		return fmt.Sprintf("Do you have a minute for %s?", subjects[(n*3+k)%len(subjects)])
	}
	return replies[(n+k)%len(replies)]
}
