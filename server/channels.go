package server

import (
	"net/http"

	"github.com/dankerchat/dankerchat/channels"
	"github.com/dankerchat/dankerchat/contracts"
)

func (s *Server) listChannels(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	archived, err := flag(r, "archived")
	if err != nil {
		return err
	}
	if archived == nil {
		archived = new(bool)
	}
	joined, err := flag(r, "joined")
	if err != nil {
		return err
	}
	found, err := s.ws.Channels.Channels(r.Context(), r.Actor, channels.ChannelsRequest{PageRequest: req, Query: r.URL.Query().Get("query"), Archived: archived, Joined: joined})
	if err != nil {
		return err
	}
	return page(w, r, found)
}

type newChannel struct {
	Name    string                     `json:"name"    is:"required"`
	Kind    contracts.ConversationKind `json:"kind"    is:"required"`
	Topic   string                     `json:"topic"`
	Purpose string                     `json:"purpose"`
	Members []string                   `json:"members"`
}

func (s *Server) createChannel(w http.ResponseWriter, r *request) error {
	var body newChannel
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	ch, err := s.ws.Channels.Create(r.Context(), r.Actor, channels.NewChannel{Name: body.Name, Kind: body.Kind, Topic: body.Topic, Purpose: body.Purpose, Members: body.Members})
	if err != nil {
		return err
	}
	return respond(w, http.StatusCreated, ch)
}

func (s *Server) readChannel(w http.ResponseWriter, r *request) error {
	ch, err := s.ws.Channels.Channel(r.Context(), r.Actor, r.PathValue("channel"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, ch)
}

func (s *Server) readChannelByName(w http.ResponseWriter, r *request) error {
	ch, err := s.ws.Channels.ByName(r.Context(), r.Actor, r.PathValue("name"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, ch)
}

type channelUpdate struct {
	Name    *string                     `json:"name"`
	Topic   *string                     `json:"topic"`
	Purpose *string                     `json:"purpose"`
	Kind    *contracts.ConversationKind `json:"kind"`
}

func (s *Server) updateChannel(w http.ResponseWriter, r *request) error {
	var body channelUpdate
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	if body == (channelUpdate{}) {
		return nothingToChange()
	}
	ch, err := s.ws.Channels.Update(r.Context(), r.Actor, r.PathValue("channel"), channels.ChannelUpdate{Name: body.Name, Topic: body.Topic, Purpose: body.Purpose, Kind: body.Kind})
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, ch)
}

func (s *Server) archiveChannel(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	ch, err := s.ws.Channels.Archive(r.Context(), r.Actor, r.PathValue("channel"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, ch)
}

func (s *Server) unarchiveChannel(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	ch, err := s.ws.Channels.Unarchive(r.Context(), r.Actor, r.PathValue("channel"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, ch)
}

func (s *Server) joinChannel(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	ch, err := s.ws.Channels.Join(r.Context(), r.Actor, r.PathValue("channel"))
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, ch)
}

func (s *Server) leaveChannel(w http.ResponseWriter, r *request) error {
	if err := noBody(w, r.Request); err != nil {
		return err
	}
	if err := s.ws.Channels.Leave(r.Context(), r.Actor, r.PathValue("channel")); err != nil {
		return err
	}
	return empty(w)
}

func (s *Server) adminListChannels(w http.ResponseWriter, r *request) error {
	req, err := pageRequest(r)
	if err != nil {
		return err
	}
	found, err := s.ws.Channels.Channels(r.Context(), r.Actor, channels.ChannelsRequest{PageRequest: req, Query: r.URL.Query().Get("query"), All: true})
	if err != nil {
		return err
	}
	return page(w, r, found)
}

type adminChannelUpdate struct {
	Archived *bool   `json:"archived"`
	Owner    *string `json:"owner"`
}

func (s *Server) adminUpdateChannel(w http.ResponseWriter, r *request) error {
	var body adminChannelUpdate
	if err := decode(w, r.Request, &body); err != nil {
		return err
	}
	ch, err := s.ws.GovernChannel(r.Context(), r.Actor, r.PathValue("channel"), body.Archived, body.Owner)
	if err != nil {
		return err
	}
	return respond(w, http.StatusOK, ch)
}
