package session

import (
	"context"
	"strings"
	"unicode"

	"github.com/99designs/gqlgen/graphql"

	"kith/db"
	"kith/db/orm"
	"kith/graph/model"
)

// maxAgent is how many code points of what a client says of itself are kept.
const maxAgent = 200

// use is whence the operation comes.
func use(ctx context.Context, address string) db.Use {
	agent := []rune(strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return -1
		}
		return c
	}, strings.ToValidUTF8(graphql.GetOperationContext(ctx).Headers.Get("User-Agent"), "")))
	return db.Use{From: address, By: string(agent[:min(len(agent), maxAgent)])}
}

// listed is the id by which a user knows a session of theirs: that of its tokens is nobody's to see.
func listed(session string) string { return hashToken("session " + session)[:2*secretBytes] }

// List are the viewer's sessions.
func (a *Authenticator) List(ctx context.Context) ([]*model.ActiveSession, error) {
	out := []*model.ActiveSession{}
	viewer := orm.ViewerOf(ctx)
	if viewer.Key == 0 {
		return out, nil
	}
	sessions, err := a.db.SessionsOf(ctx, viewer.Key)
	current := claimed(graphql.GetOperationContext(ctx).Headers).Session
	for _, s := range sessions {
		out = append(out, &model.ActiveSession{
			ID: listed(s.ID), CreatedAt: s.Created, LastUsedAt: s.Used, LastUsedFrom: given(s.Use.From), UserAgent: given(s.Use.By), ExpiresAt: s.Expires, Current: s.ID == current,
		})
	}
	return out, err
}

// given is a text; nil if it is empty.
func given(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// Revoke ends a session of the viewer.
func (a *Authenticator) Revoke(ctx context.Context, input model.RevokeSessionInput) (*model.RevokeSessionPayload, error) {
	viewer := orm.ViewerOf(ctx)
	if viewer.Key == 0 {
		return nil, orm.ErrAnonymous
	}
	sessions, err := a.db.SessionsOf(ctx, viewer.Key)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		if listed(s.ID) == input.ID {
			return &model.RevokeSessionPayload{RevokedID: &input.ID, UserErrors: []*orm.Fault{}}, a.db.EndSession(ctx, s.ID)
		}
	}
	return &model.RevokeSessionPayload{UserErrors: []*orm.Fault{{Code: orm.NotFound, Message: "there is no such session", Field: []string{"input", "id"}}}}, nil
}

// RevokeOthers ends the viewer's sessions but the one that the request's access token is of.
func (a *Authenticator) RevokeOthers(ctx context.Context) (*model.RevokeOtherSessionsPayload, error) {
	viewer := orm.ViewerOf(ctx)
	if viewer.Key == 0 {
		return nil, orm.ErrAnonymous
	}
	ended, err := a.db.EndOtherSessions(ctx, viewer.Key, claimed(graphql.GetOperationContext(ctx).Headers).Session)
	return &model.RevokeOtherSessionsPayload{Count: ended, UserErrors: []*orm.Fault{}}, err
}
