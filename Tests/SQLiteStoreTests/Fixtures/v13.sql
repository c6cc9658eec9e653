-- A database of the thirteenth schema, printed by `sqlite3 chat.sqlite .dump`. Never to be edited: later versions must open it.
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations VALUES('v1');
INSERT INTO grdb_migrations VALUES('v2');
INSERT INTO grdb_migrations VALUES('v3');
INSERT INTO grdb_migrations VALUES('v4');
INSERT INTO grdb_migrations VALUES('v5');
INSERT INTO grdb_migrations VALUES('v6');
INSERT INTO grdb_migrations VALUES('v7');
INSERT INTO grdb_migrations VALUES('v8');
INSERT INTO grdb_migrations VALUES('v9');
INSERT INTO grdb_migrations VALUES('v10');
INSERT INTO grdb_migrations VALUES('v11');
INSERT INTO grdb_migrations VALUES('v12');
INSERT INTO grdb_migrations VALUES('v13');
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT,
    full_name TEXT,
    avatar_url TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO users VALUES('alice','Алиса',NULL,'https://example.org/a.png');
INSERT INTO users VALUES('bob','Звони мне','Боб Иванов','https://example.org/b.png');
CREATE TABLE products (
    id TEXT NOT NULL PRIMARY KEY,
    title TEXT,
    seller_id TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO products VALUES('p1','Лампа','bob');
CREATE TABLE feeds (
    user_id TEXT NOT NULL,
    cursor INTEGER NOT NULL,
    seq INTEGER NOT NULL REFERENCES messages (seq),
    PRIMARY KEY (user_id, cursor)
) STRICT, WITHOUT ROWID;
INSERT INTO feeds VALUES('alice',1,1);
INSERT INTO feeds VALUES('alice',2,2);
INSERT INTO feeds VALUES('alice',4,4);
INSERT INTO feeds VALUES('alice',5,5);
INSERT INTO feeds VALUES('bob',1,1);
INSERT INTO feeds VALUES('bob',2,2);
INSERT INTO feeds VALUES('bob',3,4);
INSERT INTO feeds VALUES('bob',4,5);
INSERT INTO feeds VALUES('bob',5,6);
CREATE TABLE feed_heads (
    user_id TEXT NOT NULL PRIMARY KEY,
    delivered_cursor INTEGER NOT NULL DEFAULT 0, start_cursor INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
INSERT INTO feed_heads VALUES('alice',3,8);
INSERT INTO feed_heads VALUES('bob',3,0);
INSERT INTO feed_heads VALUES('carol',4,4);
CREATE TABLE meta (
    key TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('clock','0 1796036926575315 0');
INSERT INTO meta VALUES('epoch','01234567-89ab-4cde-8f01-23456789abcd');
INSERT INTO meta VALUES('id_key','d7989c0bfea8ba2d');
CREATE TABLE conversations (
    user_id TEXT NOT NULL,
    peer_id TEXT NOT NULL,
    last_seq INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    product_seq INTEGER,
    unread INTEGER NOT NULL,
    delivered_seq INTEGER,
    read_seq INTEGER, product_id TEXT, product_title TEXT, shared_seq INTEGER, own_seq INTEGER,
    PRIMARY KEY (user_id, peer_id)
) STRICT, WITHOUT ROWID;
INSERT INTO conversations VALUES('alice','bob',9,1795986078229000,4,2,2,NULL,NULL,NULL,9,NULL);
INSERT INTO conversations VALUES('bob','alice',10,1795986078247000,4,4,4,2,NULL,NULL,9,10);
CREATE TABLE last_seen (
    user_id TEXT NOT NULL PRIMARY KEY,
    seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO last_seen VALUES('alice',1795986078232418);
INSERT INTO last_seen VALUES('bob',1795986078249781);
CREATE TABLE blocks (
    user_id TEXT NOT NULL,
    blocked_id TEXT NOT NULL, blocked_at INTEGER, withheld_after INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;
INSERT INTO blocks VALUES('alice','bob',1704110600000000,2);
INSERT INTO blocks VALUES('bob','carol',1704110800000000,0);
CREATE TABLE block_counts (
    user_id TEXT NOT NULL PRIMARY KEY,
    blocked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO block_counts VALUES('alice',1);
INSERT INTO block_counts VALUES('bob',1);
CREATE TABLE bans (
    user_id TEXT NOT NULL PRIMARY KEY,
    banned_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO bans VALUES('carol',1704111100000000);
CREATE TABLE kept_profiles (
    user_id TEXT NOT NULL,
    peer_id TEXT NOT NULL,
    name TEXT,
    avatar_url TEXT,
    PRIMARY KEY (user_id, peer_id)
) STRICT, WITHOUT ROWID;
INSERT INTO kept_profiles VALUES('alice','bob','Боб Иванов','https://example.org/b.png');
INSERT INTO kept_profiles VALUES('bob','alice','Алиса','https://example.org/a.png');
INSERT INTO kept_profiles VALUES('bob','carol',NULL,NULL);
INSERT INTO kept_profiles VALUES('carol','bob','Боб Иванов','https://example.org/b.png');
CREATE TABLE IF NOT EXISTS "messages" (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    sender_id TEXT NOT NULL,
    receiver_id TEXT NOT NULL,
    sender_cursor INTEGER NOT NULL,
    receiver_cursor INTEGER NOT NULL,
    client_message_id TEXT,
    is_read INTEGER NOT NULL DEFAULT 0 CHECK (is_read IN (0, 1)),
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    product_id TEXT,
    product_title TEXT,
    message_text TEXT NOT NULL
, sender_previous INTEGER, receiver_previous INTEGER, place INTEGER, place_previous INTEGER) STRICT;
INSERT INTO messages VALUES(1,'aaaaaaaa-0000-4000-8000-000000000001','alice','bob',1,1,'6f9619ff-8b86-4011-b42d-00c04fc964ff',0,1704110400000000,1704110400000000,'p1','Лампа','Привет 👋🏽',NULL,NULL,NULL,NULL);
INSERT INTO messages VALUES(2,'aaaaaaaa-0000-4000-8000-000000000002','bob','alice',2,2,NULL,0,1704110401500000,1704110401500000,NULL,NULL,'it''s "me"',NULL,NULL,NULL,NULL);
INSERT INTO messages VALUES(4,'018cc4e6-f6c0-7034-90e6-7ed11d2b05dd','alice','bob',4,3,'8f9619ff-8b86-4011-b42d-00c04fc964ff',0,1704110520000000,1704110520000000,'p2','Стол','Ещё продаёте?',NULL,NULL,NULL,NULL);
INSERT INTO messages VALUES(5,'018cc4e7-e120-7882-acec-45efeedccbf5','bob','alice',4,5,NULL,0,1704110580000000,1704110580000000,NULL,NULL,'Да',NULL,NULL,NULL,NULL);
INSERT INTO messages VALUES(6,'018cc4f0-1000-7882-acec-45efeedccbf6','bob','alice',5,0,'9f9619ff-8b86-4011-b42d-00c04fc964ff',0,1704111000000000,1704111000000000,NULL,NULL,'Алло?',NULL,NULL,NULL,NULL);
INSERT INTO messages VALUES(7,'01a2291c-b9ee-7ee8-9c40-6ae74ebca533','alice','bob',9,6,'01a2291c-b9e4-7142-844e-a15c007ad3f2',0,1795986078190000,1795986078190000,NULL,NULL,'Новое 1',5,6,1,5);
INSERT INTO messages VALUES(8,'01a2291c-ba03-7cb5-9454-7fa795550e82','alice','bob',10,7,'01a2291c-b9fc-773d-9434-4447976bc56e',0,1795986078211000,1795986078211000,NULL,NULL,'Новое 2',7,7,2,7);
INSERT INTO messages VALUES(9,'01a2291c-ba15-76a4-8729-8e8132e41ecc','alice','bob',11,8,'01a2291c-ba10-719d-ae49-9c4bcaaaf071',0,1795986078229000,1795986078229000,NULL,NULL,'Новое 3',8,8,3,8);
INSERT INTO messages VALUES(10,'01a2291c-ba27-7a18-899c-00b8ceae6121','bob','alice',9,0,'01a2291c-ba20-711b-a67a-efb099137e2b',0,1795986078247000,1795986078247000,NULL,NULL,'Ответ',9,0,1,6);
CREATE TABLE message_ids (
    id TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO message_ids VALUES('018cc4e6-f6c0-7034-90e6-7ed11d2b05dd',4);
INSERT INTO message_ids VALUES('018cc4e7-e120-7882-acec-45efeedccbf5',5);
INSERT INTO message_ids VALUES('018cc4f0-1000-7882-acec-45efeedccbf6',6);
INSERT INTO message_ids VALUES('aaaaaaaa-0000-4000-8000-000000000001',1);
INSERT INTO message_ids VALUES('aaaaaaaa-0000-4000-8000-000000000002',2);
CREATE TABLE sendings (
    sender_id TEXT NOT NULL,
    client_message_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (sender_id, client_message_id)
) STRICT, WITHOUT ROWID;
INSERT INTO sendings VALUES('alice','01a2291c-b9e4-7142-844e-a15c007ad3f2',7);
INSERT INTO sendings VALUES('alice','01a2291c-b9fc-773d-9434-4447976bc56e',8);
INSERT INTO sendings VALUES('alice','01a2291c-ba10-719d-ae49-9c4bcaaaf071',9);
INSERT INTO sendings VALUES('alice','6f9619ff-8b86-4011-b42d-00c04fc964ff',1);
INSERT INTO sendings VALUES('alice','8f9619ff-8b86-4011-b42d-00c04fc964ff',4);
INSERT INTO sendings VALUES('bob','01a2291c-ba20-711b-a67a-efb099137e2b',10);
INSERT INTO sendings VALUES('bob','9f9619ff-8b86-4011-b42d-00c04fc964ff',6);
CREATE TABLE conversation_places (
    peer_low TEXT NOT NULL,
    peer_high TEXT NOT NULL,
    known_to INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (peer_low, peer_high, known_to, seq)
) STRICT, WITHOUT ROWID;
INSERT INTO conversation_places VALUES('alice','bob',0,1);
INSERT INTO conversation_places VALUES('alice','bob',0,2);
INSERT INTO conversation_places VALUES('alice','bob',0,4);
INSERT INTO conversation_places VALUES('alice','bob',0,5);
INSERT INTO conversation_places VALUES('alice','bob',2,6);
CREATE TABLE settled (up_to INTEGER NOT NULL) STRICT;
INSERT INTO settled VALUES(10);
CREATE TABLE sending_ranges (
    sender_id TEXT NOT NULL,
    first_id TEXT NOT NULL,
    last_id TEXT NOT NULL,
    members BLOB NOT NULL,
    remaining INTEGER NOT NULL,
    PRIMARY KEY (sender_id, first_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX conversations_by_time ON conversations (user_id, last_seq, last_at);
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);
CREATE TRIGGER blocks_counted AFTER INSERT ON blocks BEGIN
    INSERT INTO block_counts (user_id, blocked) VALUES (new.user_id, 1)
    ON CONFLICT (user_id) DO UPDATE SET blocked = blocked + 1;
END;
CREATE TRIGGER blocks_uncounted AFTER DELETE ON blocks BEGIN
    UPDATE block_counts SET blocked = blocked - 1 WHERE user_id = old.user_id;
    DELETE FROM block_counts WHERE user_id = old.user_id AND blocked < 1;
END;
CREATE INDEX conversations_by_peer ON conversations (peer_id);
COMMIT;
