package dankerchat_test

import (
	"context"
	"fmt"
	"log"
	"os"

	dankerchat "github.com/dankerchat/dankerchat/clients/go"
)

// A bot in ten lines.
func Example() {
	ctx := context.Background()
	c, err := dankerchat.New(os.Getenv("DANKERCHAT_SERVER"), dankerchat.WithToken(os.Getenv("DANKERCHAT_TOKEN")))
	if err != nil {
		log.Fatal(err)
	}
	msg, err := c.Post(ctx, "#general", "hello")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(msg.Author.Username, "wrote", msg.Text)
	// Output: owner wrote hello
}
