// Package channels is where people meet: named conversations that are found,
// joined and governed. It knows names, visibility, membership and roles; what is
// said in a channel is kept by whatever implements [Timeline] and
// [Conversations], in DankerChat the messaging library. Without them, channels are
// groups of people with roles.
//
// Start with [New] and [Service.Create]; [Service.Channels] is the browser,
// [Service.Join] and [Service.Leave] the door, [Service.Post] group messaging.
//
// The rules, in short:
//   - A name is unique among live and archived channels, also against names that
//     merely look the same ([CleanName]).
//   - A private channel does not exist for those who are not in it: every method
//     answers [contracts.ErrNotFound] exactly as for an id that was never given
//     out. That a name is taken shows all the same; names are unique.
//   - An owner of the channel and whoever holds [contracts.PermManageChannels] may
//     change it. The latter may do so without being a member, which is recorded
//     ([Config.Record]); reading what is said needs membership even then.
//   - A channel with members has an owner. When the last one leaves, the
//     longest-standing moderator, else member, takes over; the last member to
//     leave a private channel archives it.
//   - The first channel made with [NewChannel.Default] is everybody's channel
//     (#general): members can neither leave nor archive it, nor make it private.
//     Later default channels are merely joined by new people.
//   - An archived channel can be read and left; every other change answers
//     [contracts.ErrArchived] until it is unarchived.
//   - Guests see only the channels that somebody put them in, and their roles in
//     channels give them no power.
//
// Each method that changes something is one transaction that holds the rows, the
// timeline's side of the change and the event.
package channels
