package messaging

import (
	"strconv"

	"github.com/dankerchat/dankerchat/contracts"
)

// Unread messages of people whom the reader has muted are hushed: subtracted wherever
// counts are read, and kept nowhere, so that a post costs nothing more, and muting and
// unmuting rewrite nothing. The expressions stand in queries over conversations c whose
// $1 is the reader; who mutes nobody pays one look into an index.

const mutesAnybody = `EXISTS (SELECT 1 FROM muted_users u WHERE u.user_id = $1)`

const byMuted = `m.author IN (SELECT u.muted_id FROM muted_users u WHERE u.user_id = $1)`

// hushedAfter counts hushed messages after a position, when raw messages are unread.
// Beyond MaxHushed none is told from the others, so that counting stays bounded; a
// conversation of two needs no counting.
func hushedAfter(position, raw string) string {
	return `CASE WHEN NOT ` + mutesAnybody + ` OR ` + raw + ` <= 0 THEN 0
		WHEN c.kind = 'dm' AND (SELECT count(*) FROM participants o WHERE o.conversation_id = c.id) = 2
			AND EXISTS (SELECT 1 FROM participants o JOIN muted_users u ON u.user_id = $1 AND u.muted_id = o.user_id WHERE o.conversation_id = c.id) THEN ` + raw + `
		WHEN ` + raw + ` > ` + strconv.Itoa(contracts.MaxHushed) + ` THEN 0
		ELSE (SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.position > ` + position + ` AND m.kind <> 'system' AND ` + byMuted + `) END`
}

// hushedMentionsAfter counts the mentions in hushed messages after a position.
func hushedMentionsAfter(position string) string {
	return `CASE WHEN NOT ` + mutesAnybody + ` THEN 0 ELSE
		(SELECT count(*) FROM mentions n JOIN messages m ON m.conversation_id = n.conversation_id AND m.position = n.position
			WHERE n.user_id = $1 AND n.conversation_id = c.id AND n.position > ` + position + ` AND ` + byMuted + `) +
		(SELECT count(*) FROM messages m WHERE m.conversation_id = c.id AND m.position > ` + position + ` AND m.mention_all AND ` + byMuted + `) END`
}
