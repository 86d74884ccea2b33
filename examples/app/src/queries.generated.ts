/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** Matches an address that meets every field given; `{}` matches all. A `null` in it is BAD_REQUEST. */
export type AddressWhere = {
  /** All of these match. */
  and?: Array<AddressWhere> | null | undefined;
  /** At least one of these matches; an empty list is BAD_REQUEST. */
  or?: Array<AddressWhere> | null | undefined;
  /** This does not match. */
  not?: AddressWhere | null | undefined;
  /** Condition on `id`. */
  id?: IdWhere | null | undefined;
  /** Condition on `emailAddress`. */
  emailAddress?: StringWhere | null | undefined;
  /** Condition on `createdAt`. */
  createdAt?: DateTimeWhere | null | undefined;
  /** Condition on `updatedAt`. */
  updatedAt?: DateTimeWhere | null | undefined;
  /** There is a user, and it matches. */
  user?: UserWhere | null | undefined;
  /** Whether there is a user. */
  hasUser?: boolean | null | undefined;
};

/** What becomes of the relations of a deleted object. */
export type CascadeAction =
  /** Deleted as well. */
  | 'DELETED'
  /** Kept, without the deleted object: `Address.user` is null. */
  | 'DETACHED'
  /** The links are removed, the objects on the other side are kept. */
  | 'UNLINKED';

/** What can become of an object. */
export type ChangeVerb =
  /** It was made, or has come to be seen. */
  | 'CREATED'
  /** It was changed. */
  | 'UPDATED'
  /** It was deleted, or is not seen any more. */
  | 'DELETED';

/** A new post with all that is made along: everything or nothing. */
export type CreatePostInput = {
  /** The user who is its author; the viewer when absent. Another user is for admins only: FORBIDDEN. */
  authorId?: string | null | undefined;
  /** Title: one line of 1 to 100 code points. */
  title: string;
  /** Text: 1 to 100,000 code points. */
  content: string;
  /** Its tags, by name, one line of 1 to 50 code points each: missing tags are made, a repeated name counts once. */
  tags?: Array<string> | null | undefined;
  /** Ids of tags to link as well; a repeated one counts once. NOT_FOUND if one is not there, INVALID if one is not the id of a tag. */
  tagIds?: Array<string> | null | undefined;
};

/** Condition on an instant; it has to meet every field given. A `null` operand is BAD_REQUEST. */
export type DateTimeWhere = {
  /** Is this instant. */
  eq?: string | null | undefined;
  /** Is not this instant. */
  ne?: string | null | undefined;
  /** Is before this instant. */
  lt?: string | null | undefined;
  /** Is this instant or before it. */
  lte?: string | null | undefined;
  /** Is after this instant. */
  gt?: string | null | undefined;
  /** Is this instant or after it. */
  gte?: string | null | undefined;
};

/** Which post to delete. */
export type DeletePostInput = {
  /** The post. NOT_FOUND if there is none, INVALID if this is not the id of a post. */
  id: string;
  /** Go on only if this is the stored `version`, else CONFLICT here; no check when absent. */
  ifVersion?: number | null | undefined;
};

/** Which user to delete. */
export type DeleteUserInput = {
  /** The user. NOT_FOUND if there is none, INVALID if this is not the id of a user. */
  id: string;
  /** Go on only if this is the stored `version`, else CONFLICT here; no check when absent. */
  ifVersion?: number | null | undefined;
};

/** Condition on an id; it has to meet every field given. A `null` operand is BAD_REQUEST. */
export type IdWhere = {
  /** Is this id. */
  eq?: string | null | undefined;
  /** Is not this id. */
  ne?: string | null | undefined;
  /** Is one of these ids; an empty list matches nothing. */
  in?: Array<string> | null | undefined;
  /** Is none of these ids. */
  notIn?: Array<string> | null | undefined;
};

/** How `matches` reads its text. */
export type MatchOptions = {
  /** Take the last word, unless it is quoted, as the beginning of one, as `word*` does. */
  prefix?: boolean;
  /** Let a text without a word match everything. */
  emptyMatchesAll?: boolean;
};

/** Types of objects with a global id. */
export type NodeType =
  /** User. */
  | 'USER'
  /** Profile. */
  | 'PROFILE'
  /** Address. */
  | 'ADDRESS'
  /** Post. */
  | 'POST'
  /** Tag. */
  | 'TAG';

/** Condition on how many posts there are; it has to meet every field given. A `null` operand is BAD_REQUEST. */
export type PostCountWhere = {
  /** Count only posts that match. */
  where?: PostWhere | null | undefined;
  /** Is this number. */
  eq?: number | null | undefined;
  /** Is not this number. */
  ne?: number | null | undefined;
  /** Is one of these numbers; an empty list matches nothing. */
  in?: Array<number> | null | undefined;
  /** Is none of these numbers. */
  notIn?: Array<number> | null | undefined;
  /** Is less than this number. */
  lt?: number | null | undefined;
  /** Is this number or less. */
  lte?: number | null | undefined;
  /** Is more than this number. */
  gt?: number | null | undefined;
  /** Is this number or more. */
  gte?: number | null | undefined;
};

/** Matches an object by its posts; it has to meet every field given. */
export type PostListWhere = {
  /** At least one of its posts matches. */
  some?: PostWhere | null | undefined;
  /** Each of its posts matches, as is so when there are none. */
  every?: PostWhere | null | undefined;
  /** None of its posts matches. */
  none?: PostWhere | null | undefined;
  /** How many posts it has. */
  count?: PostCountWhere | null | undefined;
};

/** A tag that is made and linked to a post. */
export type PostTagInput = {
  /** Name, unique: one line of 1 to 50 code points. Compared exactly: TAKEN if another tag has it. */
  name: string;
};

/** Changes of the tags of a post, by name or id: either `set` and `setIds`, which say what all of them are afterwards, or the others; both kinds together are INVALID. */
export type PostTagsInput = {
  /** Names of all tags it has afterwards, one line of 1 to 50 code points each: missing tags are made, a repeated name counts once. */
  set?: Array<string> | null | undefined;
  /** Names of tags to put on it, one line of 1 to 50 code points each: missing tags are made, a repeated name counts once. */
  add?: Array<string> | null | undefined;
  /** Names of tags to take off it; the tags themselves are kept. */
  remove?: Array<string> | null | undefined;
  /** Ids of all tags it has afterwards. NOT_FOUND if one is not there, INVALID if one is not the id of a tag. */
  setIds?: Array<string> | null | undefined;
  /** Ids of tags to link. NOT_FOUND if one is not there, INVALID if one is not the id of a tag. */
  connect?: Array<string> | null | undefined;
  /** Ids of tags to link no longer; the tags themselves are kept. */
  disconnect?: Array<string> | null | undefined;
  /** Tags to make and to link. */
  create?: Array<PostTagInput> | null | undefined;
};

/** Matches a post that meets every field given; `{}` matches all. A `null` in it is BAD_REQUEST. */
export type PostWhere = {
  /** All of these match. */
  and?: Array<PostWhere> | null | undefined;
  /** At least one of these matches; an empty list is BAD_REQUEST. */
  or?: Array<PostWhere> | null | undefined;
  /** This does not match. */
  not?: PostWhere | null | undefined;
  /** Condition on `id`. */
  id?: IdWhere | null | undefined;
  /** Condition on `title`. */
  title?: StringWhere | null | undefined;
  /** Condition on `content`. */
  content?: StringWhere | null | undefined;
  /** Condition on `createdAt`. */
  createdAt?: DateTimeWhere | null | undefined;
  /** Condition on `updatedAt`. */
  updatedAt?: DateTimeWhere | null | undefined;
  /** Its author matches. */
  author?: UserWhere | null | undefined;
  /** Condition on the tags of the post. */
  tags?: TagListWhere | null | undefined;
  /**
   * Full text of `title` and `content`: every word, in one or the other, case folded. A word is a run of letters and digits; what else
   * stands between words means nothing, but for `"words in a row"`, which have to stand so in one of them, and `prefix*`. A text
   * without a word matches nothing, unless `matchOptions` says otherwise; one with more than 100 is BAD_REQUEST.
   */
  matches?: string | null | undefined;
  /** How to read `matches`. */
  matchOptions?: MatchOptions | null | undefined;
};

/** Matches a profile that meets every field given; `{}` matches all. A `null` in it is BAD_REQUEST. */
export type ProfileWhere = {
  /** All of these match. */
  and?: Array<ProfileWhere> | null | undefined;
  /** At least one of these matches; an empty list is BAD_REQUEST. */
  or?: Array<ProfileWhere> | null | undefined;
  /** This does not match. */
  not?: ProfileWhere | null | undefined;
  /** Condition on `id`. */
  id?: IdWhere | null | undefined;
  /** Condition on `fullName`. */
  fullName?: StringWhere | null | undefined;
  /** Condition on `bio`. */
  bio?: StringWhere | null | undefined;
  /** Condition on `createdAt`. */
  createdAt?: DateTimeWhere | null | undefined;
  /** Condition on `updatedAt`. */
  updatedAt?: DateTimeWhere | null | undefined;
  /** Its user matches. */
  user?: UserWhere | null | undefined;
};

/** Which of the viewer's sessions to end. */
export type RevokeSessionInput = {
  /** `ActiveSession.id`. NOT_FOUND if the viewer has no such session. */
  id: string;
};

/** Condition on a text, compared by code point; it has to meet every field given. A `null` operand is BAD_REQUEST. */
export type StringWhere = {
  /** Is this text. */
  eq?: string | null | undefined;
  /** Is not this text. */
  ne?: string | null | undefined;
  /** Is one of these texts; an empty list matches nothing. */
  in?: Array<string> | null | undefined;
  /** Is none of these texts. */
  notIn?: Array<string> | null | undefined;
  /** Is before this text. */
  lt?: string | null | undefined;
  /** Is this text or before it. */
  lte?: string | null | undefined;
  /** Is after this text. */
  gt?: string | null | undefined;
  /** Is this text or after it. */
  gte?: string | null | undefined;
  /** Has this text in it; `%`, `_` and `\` are literal. */
  contains?: string | null | undefined;
  /** Begins with this text; `%`, `_` and `\` are literal. */
  startsWith?: string | null | undefined;
  /** Ends with this text; `%`, `_` and `\` are literal. */
  endsWith?: string | null | undefined;
  /** Is null if true, is not null if false. */
  isNull?: boolean | null | undefined;
  /** Let all operands beside this one take letters that have a one-to-one case pair as equal. */
  ignoreCase?: boolean | null | undefined;
};

/** Condition on how many tags there are; it has to meet every field given. A `null` operand is BAD_REQUEST. */
export type TagCountWhere = {
  /** Count only tags that match. */
  where?: TagWhere | null | undefined;
  /** Is this number. */
  eq?: number | null | undefined;
  /** Is not this number. */
  ne?: number | null | undefined;
  /** Is one of these numbers; an empty list matches nothing. */
  in?: Array<number> | null | undefined;
  /** Is none of these numbers. */
  notIn?: Array<number> | null | undefined;
  /** Is less than this number. */
  lt?: number | null | undefined;
  /** Is this number or less. */
  lte?: number | null | undefined;
  /** Is more than this number. */
  gt?: number | null | undefined;
  /** Is this number or more. */
  gte?: number | null | undefined;
};

/** Matches an object by its tags; it has to meet every field given. */
export type TagListWhere = {
  /** At least one of its tags matches. */
  some?: TagWhere | null | undefined;
  /** Each of its tags matches, as is so when there are none. */
  every?: TagWhere | null | undefined;
  /** None of its tags matches. */
  none?: TagWhere | null | undefined;
  /** How many tags it has. */
  count?: TagCountWhere | null | undefined;
};

/** Matches a tag that meets every field given; `{}` matches all. A `null` in it is BAD_REQUEST. */
export type TagWhere = {
  /** All of these match. */
  and?: Array<TagWhere> | null | undefined;
  /** At least one of these matches; an empty list is BAD_REQUEST. */
  or?: Array<TagWhere> | null | undefined;
  /** This does not match. */
  not?: TagWhere | null | undefined;
  /** Condition on `id`. */
  id?: IdWhere | null | undefined;
  /** Condition on `name`. */
  name?: StringWhere | null | undefined;
  /** Condition on `createdAt`. */
  createdAt?: DateTimeWhere | null | undefined;
  /** Condition on `updatedAt`. */
  updatedAt?: DateTimeWhere | null | undefined;
  /** Condition on the posts of the tag. */
  posts?: PostListWhere | null | undefined;
};

/** Changes of a post; what is absent is left alone. */
export type UpdatePostInput = {
  /** The post. NOT_FOUND if there is none, INVALID if this is not the id of a post. */
  id: string;
  /** The user who is its author from now on; BLANK when null. Another user is for admins only: FORBIDDEN. */
  authorId?: string | null | undefined;
  /** Title: one line of 1 to 100 code points; BLANK when null. */
  title?: string | null | undefined;
  /** Text: 1 to 100,000 code points; BLANK when null. */
  content?: string | null | undefined;
  /** Changes of its tags. */
  tags?: PostTagsInput | null | undefined;
  /** Go on only if this is the stored `version`, else CONFLICT here; no check when absent. */
  ifVersion?: number | null | undefined;
};

/** Changes of a user; what is absent is left alone. */
export type UpdateUserInput = {
  /** The user. NOT_FOUND if there is none, INVALID if this is not the id of a user. */
  id: string;
  /** Login name, unique: one line of 1 to 50 code points out of letters, digits, `_`, `.` and `-`, as written; BLANK when null. Compared exactly: TAKEN if another user has it. */
  username?: string | null | undefined;
  /** Name to show: one line of 1 to 50 code points; BLANK when null. */
  name?: string | null | undefined;
  /** Changes the profile or makes one; null deletes it. */
  profile?: UserProfileInput | null | undefined;
  /** What becomes of the profile, step by step. Instead of `profile`: both are INVALID. */
  profileChanges?: UserProfileChangesInput | null | undefined;
  /** Changes the address or makes one; null detaches it. */
  address?: UserAddressInput | null | undefined;
  /** What becomes of the address, step by step. Instead of `address`: both are INVALID. */
  addressChanges?: UserAddressChangesInput | null | undefined;
  /** Changes of the posts of the user. */
  posts?: UserPostsChangesInput | null | undefined;
  /** Go on only if this is the stored `version`, else CONFLICT here; no check when absent. */
  ifVersion?: number | null | undefined;
};

/** Changes of the address of a user; what is absent is left alone. */
export type UserAddressChangeInput = {
  /** E-mail address: a valid e-mail address of at most 254 code points; BLANK when null. */
  emailAddress?: string | null | undefined;
  /** Go on only if this is the stored `version`, else CONFLICT here; no check when absent. */
  ifVersion?: number | null | undefined;
};

/**
 * Changes of the address of a user, done in this order: one of `delete`, `disconnect` and `update` for what is there, and one of
 * `connect` and `create` for what is to be there; anything else is INVALID.
 */
export type UserAddressChangesInput = {
  /** Delete it, if there is one; what goes with it stands in `cascade`. FORBIDDEN if it is another's. */
  delete?: boolean | null | undefined;
  /** Keep it on no user, if there is one. FORBIDDEN if it is another's. */
  disconnect?: boolean | null | undefined;
  /** Changes of the one that is there; NOT_FOUND here if there is none. FORBIDDEN if it is another's. */
  update?: UserAddressChangeInput | null | undefined;
  /**
   * Id of an address to be the address from now on, wherever it hangs now. TAKEN if there is one already. NOT_FOUND if it is not there
   * or not for the caller to see, INVALID if it is not the id of an address. FORBIDDEN if it is another's.
   */
  connect?: string | null | undefined;
  /** One to make; TAKEN if there is one already. */
  create?: UserAddressNewInput | null | undefined;
};

/** The address of a user that is made or changed. */
export type UserAddressInput = {
  /** E-mail address: a valid e-mail address of at most 254 code points. */
  emailAddress: string;
};

/** The address of a user that is made. */
export type UserAddressNewInput = {
  /** E-mail address: a valid e-mail address of at most 254 code points. */
  emailAddress: string;
};

/** What can be wrong with an input. */
export type UserErrorCode =
  /** Another row has this unique value, or the user already has one. */
  | 'TAKEN'
  /** Nothing but white space, or null where a value is required. */
  | 'BLANK'
  /** Shorter than allowed, in Unicode code points after NFC. A text of one line is trimmed and its white space collapsed first. */
  | 'TOO_SHORT'
  /** Longer than allowed, counted in the same way. */
  | 'TOO_LONG'
  /** Malformed, outside of a range, an id of another type, inputs that exclude each other, or a wrong login. */
  | 'INVALID'
  /** There is no such object, or none the caller may see. */
  | 'NOT_FOUND'
  /** The stored `version` is not `ifVersion`. */
  | 'CONFLICT'
  /** The object is linked to others, and `force` is not true. */
  | 'IN_USE'
  /** More objects match than `atMost`. */
  | 'TOO_MANY'
  /** Nothing is wrong here: another root field of the operation failed, so nothing was written. */
  | 'ROLLED_BACK';

/** Changes of a post of a user; what is absent is left alone. */
export type UserPostChangeInput = {
  /** The post. NOT_FOUND if it does not hang on the user, INVALID if this is not the id of a post. */
  id: string;
  /** Title: one line of 1 to 100 code points; BLANK when null. */
  title?: string | null | undefined;
  /** Text: 1 to 100,000 code points; BLANK when null. */
  content?: string | null | undefined;
  /** Changes of its tags. */
  tags?: PostTagsInput | null | undefined;
  /** Go on only if this is the stored `version`, else CONFLICT here; no check when absent. */
  ifVersion?: number | null | undefined;
};

/** A post of a user that is made. */
export type UserPostInput = {
  /** Title: one line of 1 to 100 code points. */
  title: string;
  /** Text: 1 to 100,000 code points. */
  content: string;
  /** Its tags, by name, one line of 1 to 50 code points each: missing tags are made, a repeated name counts once. */
  tags?: Array<string> | null | undefined;
  /** Ids of tags to link as well; a repeated one counts once. NOT_FOUND if one is not there, INVALID if one is not the id of a tag. */
  tagIds?: Array<string> | null | undefined;
};

/** Changes of the posts of a user, done in this order. A row that is named twice is INVALID. */
export type UserPostsChangesInput = {
  /** Ids of posts to delete; what goes with them stands in `cascade`. NOT_FOUND if one does not hang on the user. FORBIDDEN if one is another's. */
  delete?: Array<string> | null | undefined;
  /** Posts to change. FORBIDDEN if one is another's. */
  update?: Array<UserPostChangeInput> | null | undefined;
  /** Ids of posts to hang on the user from now on, wherever they do now. NOT_FOUND if one is not there, INVALID if one is not the id of a post. FORBIDDEN if one is another's. */
  connect?: Array<string> | null | undefined;
  /** Posts to make. */
  create?: Array<UserPostInput> | null | undefined;
};

/** Changes of the profile of a user; what is absent is left alone. */
export type UserProfileChangeInput = {
  /** Full name: one line of at most 100 code points; null clears it. */
  fullName?: string | null | undefined;
  /** Free text: at most 10,000 code points; null clears it. */
  bio?: string | null | undefined;
  /** Go on only if this is the stored `version`, else CONFLICT here; no check when absent. */
  ifVersion?: number | null | undefined;
};

/**
 * Changes of the profile of a user, done in this order: one of `delete`, `disconnect` and `update` for what is there, and one of
 * `connect` and `create` for what is to be there; anything else is INVALID.
 */
export type UserProfileChangesInput = {
  /** Delete it, if there is one; what goes with it stands in `cascade`. FORBIDDEN if it is another's. */
  delete?: boolean | null | undefined;
  /** Changes of the one that is there; NOT_FOUND here if there is none. FORBIDDEN if it is another's. */
  update?: UserProfileChangeInput | null | undefined;
  /**
   * Id of a profile to be the profile from now on, wherever it hangs now. TAKEN if there is one already. NOT_FOUND if it is not there,
   * INVALID if it is not the id of a profile. FORBIDDEN if it is another's.
   */
  connect?: string | null | undefined;
  /** One to make; TAKEN if there is one already. */
  create?: UserProfileNewInput | null | undefined;
};

/** The profile of a user that is made or changed. */
export type UserProfileInput = {
  /** Full name: one line of at most 100 code points; null clears it, absent leaves it alone, or null in a new profile. */
  fullName?: string | null | undefined;
  /** Free text: at most 10,000 code points; null clears it, absent leaves it alone, or null in a new profile. */
  bio?: string | null | undefined;
};

/** The profile of a user that is made. */
export type UserProfileNewInput = {
  /** Full name: one line of at most 100 code points; null when absent. */
  fullName?: string | null | undefined;
  /** Free text: at most 10,000 code points; null when absent. */
  bio?: string | null | undefined;
};

/** Matches a user that meets every field given; `{}` matches all. A `null` in it is BAD_REQUEST. */
export type UserWhere = {
  /** All of these match. */
  and?: Array<UserWhere> | null | undefined;
  /** At least one of these matches; an empty list is BAD_REQUEST. */
  or?: Array<UserWhere> | null | undefined;
  /** This does not match. */
  not?: UserWhere | null | undefined;
  /** Condition on `id`. */
  id?: IdWhere | null | undefined;
  /** Condition on `username`. */
  username?: StringWhere | null | undefined;
  /** Condition on `name`. */
  name?: StringWhere | null | undefined;
  /** Condition on `createdAt`. */
  createdAt?: DateTimeWhere | null | undefined;
  /** Condition on `updatedAt`. */
  updatedAt?: DateTimeWhere | null | undefined;
  /** There is a profile, and it matches. */
  profile?: ProfileWhere | null | undefined;
  /** Whether there is a profile. */
  hasProfile?: boolean | null | undefined;
  /** There is an address the caller may see, and it matches. */
  address?: AddressWhere | null | undefined;
  /** Whether there is an address the caller may see. */
  hasAddress?: boolean | null | undefined;
  /** Condition on the posts of the user. */
  posts?: PostListWhere | null | undefined;
  /**
   * Full text of `username` and `name`: every word, in one or the other, case folded. A word is a run of letters and digits; what else
   * stands between words means nothing, but for `"words in a row"`, which have to stand so in one of them, and `prefix*`. A text
   * without a word matches nothing, unless `matchOptions` says otherwise; one with more than 100 is BAD_REQUEST.
   */
  matches?: string | null | undefined;
  /** How to read `matches`. */
  matchOptions?: MatchOptions | null | undefined;
};

export type PersonFragment = { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null };

export type PostCardFragment = { __typename: 'Post', id: string, title: string, content: string, createdAt: string, updatedAt: string, version: number, viewerCan: { __typename: 'ViewerCan', update: boolean, delete: boolean }, author: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }, tags: { __typename: 'TagConnection', nodes: Array<{ __typename: 'Tag', id: string, name: string }> } };

export type MeFragment = { __typename: 'User', version: number, id: string, username: string, name: string, address: { __typename: 'Address', id: string, emailAddress: string } | null, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { __typename: 'User', version: number, id: string, username: string, name: string, address: { __typename: 'Address', id: string, emailAddress: string } | null, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null } | null };

export type SessionsQueryVariables = Exact<{ [key: string]: never; }>;


export type SessionsQuery = { sessions: Array<{ __typename: 'ActiveSession', id: string, createdAt: string, lastUsedAt: string, userAgent: string | null, current: boolean }> };

export type PostsQueryVariables = Exact<{
  where?: PostWhere | null | undefined;
  after?: string | null | undefined;
}>;


export type PostsQuery = { posts: { __typename: 'PostConnection', edges: Array<{ __typename: 'PostEdge', cursor: string, node: { __typename: 'Post', id: string, title: string, content: string, createdAt: string, updatedAt: string, version: number, viewerCan: { __typename: 'ViewerCan', update: boolean, delete: boolean }, author: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }, tags: { __typename: 'TagConnection', nodes: Array<{ __typename: 'Tag', id: string, name: string }> } } }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } };

export type PostQueryVariables = Exact<{
  id: string;
}>;


export type PostQuery = { node:
    | { __typename: 'Address' }
    | { __typename: 'Post', id: string, title: string, content: string, createdAt: string, updatedAt: string, version: number, viewerCan: { __typename: 'ViewerCan', update: boolean, delete: boolean }, author: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }, tags: { __typename: 'TagConnection', nodes: Array<{ __typename: 'Tag', id: string, name: string }> } }
    | { __typename: 'Profile' }
    | { __typename: 'Tag' }
    | { __typename: 'User' }
   | null };

export type PeopleQueryVariables = Exact<{
  after?: string | null | undefined;
}>;


export type PeopleQuery = { users: { __typename: 'UserConnection', edges: Array<{ __typename: 'UserEdge', cursor: string, node: { __typename: 'User', id: string, username: string, name: string, posts: { __typename: 'PostConnection', totalCount: number }, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null } }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } };

export type PersonPageQueryVariables = Exact<{
  username: string;
}>;


export type PersonPageQuery = { user: { __typename: 'User', createdAt: string, id: string, username: string, name: string, posts: { __typename: 'PostConnection', totalCount: number }, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null } | null };

export type SearchQueryVariables = Exact<{
  text: string;
  after?: string | null | undefined;
}>;


export type SearchQuery = { search: { __typename: 'SearchConnection', totalCount: number, edges: Array<{ __typename: 'SearchEdge', cursor: string, snippet: string, node:
        | { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }
        | { __typename: 'Post', id: string, title: string, author: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null } }
       }>, pageInfo: { __typename: 'PageInfo', hasNextPage: boolean, endCursor: string | null } } };

export type FaultFragment = { __typename: 'UserError', code: UserErrorCode, message: string, field: Array<string> | null };

export type CreatePostMutationVariables = Exact<{
  input: CreatePostInput;
}>;


export type CreatePostMutation = { createPost: { __typename: 'CreatePostPayload', post: { __typename: 'Post', id: string, title: string, content: string, createdAt: string, updatedAt: string, version: number, viewerCan: { __typename: 'ViewerCan', update: boolean, delete: boolean }, author: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }, tags: { __typename: 'TagConnection', nodes: Array<{ __typename: 'Tag', id: string, name: string }> } } | null, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, field: Array<string> | null }> } };

export type UpdatePostMutationVariables = Exact<{
  input: UpdatePostInput;
}>;


export type UpdatePostMutation = { updatePost: { __typename: 'UpdatePostPayload', post: { __typename: 'Post', id: string, title: string, content: string, createdAt: string, updatedAt: string, version: number, viewerCan: { __typename: 'ViewerCan', update: boolean, delete: boolean }, author: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }, tags: { __typename: 'TagConnection', nodes: Array<{ __typename: 'Tag', id: string, name: string }> } } | null, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, field: Array<string> | null }> } };

export type DeletePostMutationVariables = Exact<{
  input: DeletePostInput;
  preview: boolean;
}>;


export type DeletePostMutation = { deletePost: { __typename: 'DeletePostPayload', deletedId: string | null, cascade: Array<{ __typename: 'CascadeCount', type: string, action: CascadeAction, count: number }>, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, field: Array<string> | null }> } };

export type UpdateMeMutationVariables = Exact<{
  input: UpdateUserInput;
}>;


export type UpdateMeMutation = { updateUser: { __typename: 'UpdateUserPayload', user: { __typename: 'User', version: number, id: string, username: string, name: string, address: { __typename: 'Address', id: string, emailAddress: string } | null, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null } | null, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, field: Array<string> | null }> } };

export type DeleteMeMutationVariables = Exact<{
  input: DeleteUserInput;
  preview: boolean;
}>;


export type DeleteMeMutation = { deleteUser: { __typename: 'DeleteUserPayload', deletedId: string | null, cascade: Array<{ __typename: 'CascadeCount', type: string, action: CascadeAction, count: number }>, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, field: Array<string> | null }> } };

export type RevokeSessionMutationVariables = Exact<{
  input: RevokeSessionInput;
}>;


export type RevokeSessionMutation = { revokeSession: { __typename: 'RevokeSessionPayload', revokedId: string | null, userErrors: Array<{ __typename: 'UserError', code: UserErrorCode, message: string, field: Array<string> | null }> } };

export type ChangesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type ChangesSubscription = { changes: { __typename: 'ChangeSet', changes: Array<{ __typename: 'Change', verb: ChangeVerb, id: string, type: NodeType, node:
        | { __typename: 'Address' }
        | { __typename: 'Post', id: string, title: string, content: string, createdAt: string, updatedAt: string, version: number, viewerCan: { __typename: 'ViewerCan', update: boolean, delete: boolean }, author: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }, tags: { __typename: 'TagConnection', nodes: Array<{ __typename: 'Tag', id: string, name: string }> } }
        | { __typename: 'Profile', id: string, user: { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null } }
        | { __typename: 'Tag' }
        | { __typename: 'User', id: string, username: string, name: string, profile: { __typename: 'Profile', id: string, fullName: string | null, bio: string | null } | null }
       | null }> } };

export const PersonFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}}]} as unknown as DocumentNode<PersonFragment, unknown>;
export const PostCardFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PostCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Post"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"update"}},{"kind":"Field","name":{"kind":"Name","value":"delete"}}]}},{"kind":"Field","name":{"kind":"Name","value":"author"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}}]} as unknown as DocumentNode<PostCardFragment, unknown>;
export const MeFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Me"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"address"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"emailAddress"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}}]} as unknown as DocumentNode<MeFragment, unknown>;
export const FaultFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Fault"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]} as unknown as DocumentNode<FaultFragment, unknown>;
export const ViewerDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Me"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Me"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"address"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"emailAddress"}}]}}]}}]} as unknown as DocumentNode<ViewerQuery, ViewerQueryVariables>;
export const SessionsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"sessions"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"lastUsedAt"}},{"kind":"Field","name":{"kind":"Name","value":"userAgent"}},{"kind":"Field","name":{"kind":"Name","value":"current"}}]}}]}}]} as unknown as DocumentNode<SessionsQuery, SessionsQueryVariables>;
export const PostsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Posts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"where"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"PostWhere"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"posts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"where"},"value":{"kind":"Variable","name":{"kind":"Name","value":"where"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"CREATED_AT"}},{"kind":"ObjectField","name":{"kind":"Name","value":"direction"},"value":{"kind":"EnumValue","value":"DESC"}}]}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"PostCard"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PostCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Post"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"update"}},{"kind":"Field","name":{"kind":"Name","value":"delete"}}]}},{"kind":"Field","name":{"kind":"Name","value":"author"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<PostsQuery, PostsQueryVariables>;
export const PostDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Post"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"node"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"PostCard"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PostCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Post"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"update"}},{"kind":"Field","name":{"kind":"Name","value":"delete"}}]}},{"kind":"Field","name":{"kind":"Name","value":"author"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<PostQuery, PostQueryVariables>;
export const PeopleDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"People"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"users"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"30"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"ListValue","values":[{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"field"},"value":{"kind":"EnumValue","value":"NAME"}}]}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}},{"kind":"Field","name":{"kind":"Name","value":"posts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"0"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}}]} as unknown as DocumentNode<PeopleQuery, PeopleQueryVariables>;
export const PersonPageDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PersonPage"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"username"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"by"},"value":{"kind":"ObjectValue","fields":[{"kind":"ObjectField","name":{"kind":"Name","value":"username"},"value":{"kind":"Variable","name":{"kind":"Name","value":"username"}}}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"posts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"0"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}}]} as unknown as DocumentNode<PersonPageQuery, PersonPageQueryVariables>;
export const SearchDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Search"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"text"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"search"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"text"},"value":{"kind":"Variable","name":{"kind":"Name","value":"text"}}},{"kind":"Argument","name":{"kind":"Name","value":"prefix"},"value":{"kind":"BooleanValue","value":true}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"totalCount"}},{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"snippet"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Post"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"author"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}}]} as unknown as DocumentNode<SearchQuery, SearchQueryVariables>;
export const CreatePostDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreatePost"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreatePostInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createPost"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"post"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"PostCard"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Fault"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PostCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Post"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"update"}},{"kind":"Field","name":{"kind":"Name","value":"delete"}}]}},{"kind":"Field","name":{"kind":"Name","value":"author"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Fault"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]} as unknown as DocumentNode<CreatePostMutation, CreatePostMutationVariables>;
export const UpdatePostDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdatePost"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdatePostInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updatePost"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"post"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"PostCard"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Fault"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PostCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Post"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"update"}},{"kind":"Field","name":{"kind":"Name","value":"delete"}}]}},{"kind":"Field","name":{"kind":"Name","value":"author"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Fault"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]} as unknown as DocumentNode<UpdatePostMutation, UpdatePostMutationVariables>;
export const DeletePostDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeletePost"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeletePostInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"preview"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}}}],"directives":[{"kind":"Directive","name":{"kind":"Name","value":"dryRun"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"if"},"value":{"kind":"Variable","name":{"kind":"Name","value":"preview"}}}]}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletePost"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}},{"kind":"Field","name":{"kind":"Name","value":"cascade"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Fault"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Fault"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]} as unknown as DocumentNode<DeletePostMutation, DeletePostMutationVariables>;
export const UpdateMeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"UpdateMe"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UpdateUserInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"updateUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Me"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Fault"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Me"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"address"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"emailAddress"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Fault"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]} as unknown as DocumentNode<UpdateMeMutation, UpdateMeMutationVariables>;
export const DeleteMeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteMe"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeleteUserInput"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"preview"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}}}],"directives":[{"kind":"Directive","name":{"kind":"Name","value":"dryRun"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"if"},"value":{"kind":"Variable","name":{"kind":"Name","value":"preview"}}}]}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteUser"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedId"}},{"kind":"Field","name":{"kind":"Name","value":"cascade"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"count"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Fault"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Fault"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]} as unknown as DocumentNode<DeleteMeMutation, DeleteMeMutationVariables>;
export const RevokeSessionDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RevokeSession"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RevokeSessionInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokeSession"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"revokedId"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Fault"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Fault"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}}]}}]} as unknown as DocumentNode<RevokeSessionMutation, RevokeSessionMutationVariables>;
export const ChangesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"Changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"of"},"value":{"kind":"ListValue","values":[{"kind":"EnumValue","value":"POST"},{"kind":"EnumValue","value":"USER"},{"kind":"EnumValue","value":"PROFILE"}]}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"changes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"verb"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"type"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"PostCard"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Profile"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"user"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}}]}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Person"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"User"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"username"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"profile"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"fullName"}},{"kind":"Field","name":{"kind":"Name","value":"bio"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"PostCard"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Post"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"title"}},{"kind":"Field","name":{"kind":"Name","value":"content"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"updatedAt"}},{"kind":"Field","name":{"kind":"Name","value":"version"}},{"kind":"Field","name":{"kind":"Name","value":"viewerCan"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"update"}},{"kind":"Field","name":{"kind":"Name","value":"delete"}}]}},{"kind":"Field","name":{"kind":"Name","value":"author"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Person"}}]}},{"kind":"Field","name":{"kind":"Name","value":"tags"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]}}]} as unknown as DocumentNode<ChangesSubscription, ChangesSubscriptionVariables>;