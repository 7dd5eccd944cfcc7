// Package admin is who runs a workspace: its settings, the administrative acts on
// people and channels, retention, statistics, and the audit log that records every
// such act in the transaction of the act.
//
// Start with [New]; [Service.Settings] and [Service.UpdateSettings],
// [Service.SetRole], [Service.Suspend], [Service.ArchiveChannel],
// [Service.RunRetention] and [Service.Stats] are the acts, [Service.Audit] reads
// what was done, and [Service.VerifyAudit] finds out whether the record was
// tampered with. Other code records its own acts with [Service.RecordTx].
//
// The library knows no users, channels or messages: what it needs of them stands
// in [Users], [Channels], [Retention] and [Counter]. A program that keeps none of one
// leaves it out.
//
// # What the audit log proves
//
// Each entry's hash covers the entry and the hash before it, and the number and
// hash of the last entry are kept apart from the entries. So an entry that was
// edited, deleted, inserted, reordered or cut off at the end is found. What it
// cannot find: somebody who can write to the database and makes the head row match
// what they did, that is, who recomputes every hash from the entry that they
// changed up to the head, or cuts off the end and sets the head back. Against that,
// keep [AuditReport.Entries] and [AuditReport.Hash] of a verification outside the
// database, and look later whether that entry still has that hash.
package admin
