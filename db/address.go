package db

import "time"

// An Address is an e-mail address; it may belong to a user.
type Address struct {
	Key          int64     `db:"id"`
	UserKey      *int64    `db:"user_id"`
	EmailAddress string    `db:"email_address" rule:"1..254 email"`
	CreatedAt    time.Time `db:"created_at"`
	UpdatedAt    time.Time `db:"updated_at"`
	Version      int64     `db:"version"`
}

// ID is the address's global id.
func (a Address) ID() string { return GlobalID(Addresses.Table, a.Key) }

// Pages of addresses.
type (
	AddressConnection = Connection[Address]
	AddressEdge       = Edge[Address]
)
