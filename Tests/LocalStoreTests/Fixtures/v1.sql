-- A database of the first schema, printed by `sqlite3 history-….sqlite .dump`. Never to be edited: later versions must open it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('v1');
CREATE TABLE account (
    server ANY NOT NULL,
    user_id ANY NOT NULL
) STRICT;
INSERT INTO account VALUES('wss://example.org/chat','alice');
CREATE TABLE feed (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    epoch ANY NOT NULL,
    cursor INTEGER NOT NULL,
    message_id ANY
) STRICT;
INSERT INTO feed VALUES(1,'e1',7,'2');
CREATE TABLE conversations (
    id INTEGER PRIMARY KEY,
    peer_id ANY NOT NULL UNIQUE,
    peer_name ANY,
    product_id ANY,
    product_title ANY,
    is_joined INTEGER NOT NULL DEFAULT 0 CHECK (is_joined IN (0, 1))
) STRICT;
INSERT INTO conversations VALUES(1,'bob','Боб','p',NULL,1);
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL,
    id ANY NOT NULL,
    is_own INTEGER NOT NULL CHECK (is_own IN (0, 1)),
    message_text ANY NOT NULL,
    created_at INTEGER NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0,
    client_message_id ANY,
    product_id ANY,
    product_title ANY,
    follows_gap INTEGER NOT NULL DEFAULT 0 CHECK (follows_gap IN (0, 1)),
    UNIQUE (conversation, id)
) STRICT;
INSERT INTO messages VALUES(1,1,'1',0,'1',1704110401000000,6,X'610062','p','Лампа',1);
INSERT INTO messages VALUES(2,1,'2',1,'2',1704110402000000,7,NULL,NULL,NULL,0);
CREATE TABLE marks (
    conversation INTEGER NOT NULL,
    is_own INTEGER NOT NULL CHECK (is_own IN (0, 1)),
    delivered ANY,
    read ANY,
    PRIMARY KEY (conversation, is_own)
) STRICT, WITHOUT ROWID;
INSERT INTO marks VALUES(1,1,'2','1');
CREATE TABLE unsent (
    seq INTEGER PRIMARY KEY,
    id ANY NOT NULL UNIQUE,
    window INTEGER NOT NULL,
    receiver_id ANY NOT NULL,
    message_text ANY NOT NULL,
    product_id ANY,
    product_title ANY,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL
) STRICT;
INSERT INTO unsent VALUES(1,'u1',671227918753180584,'bob','text of u1',NULL,NULL,1704110400000000,'held');
CREATE TABLE drafts (
    seq INTEGER PRIMARY KEY,
    window INTEGER NOT NULL,
    peer_id ANY NOT NULL,
    draft_text ANY NOT NULL,
    UNIQUE (window, peer_id)
) STRICT;
INSERT INTO drafts VALUES(1,671227918753180584,'bob','черновик');
CREATE INDEX messages_in_order ON messages (conversation, created_at, cursor);
CREATE INDEX messages_after_gaps ON messages (conversation, created_at, cursor) WHERE follows_gap = 1;
COMMIT;
