SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA km_par;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE km_par.access (
    id bigint NOT NULL,
    date bigint NOT NULL,
    action text NOT NULL,
    par text NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL
);
ALTER TABLE km_par.access ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME km_par.access_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE km_par.account (
    par text NOT NULL COLLATE pg_catalog."C",
    created bigint NOT NULL,
    erased bigint,
    origin smallint NOT NULL
);
CREATE TABLE km_par.card (
    id bigint NOT NULL,
    created bigint NOT NULL,
    replaced bigint,
    replaces bigint,
    sealing_version bigint,
    kind smallint NOT NULL,
    last_four smallint NOT NULL,
    is_first boolean NOT NULL,
    par text NOT NULL COLLATE pg_catalog."C",
    hash_a bytea,
    hash_b bytea,
    sealed bytea,
    CONSTRAINT card_hash_a_check CHECK ((octet_length(hash_a) = 32)),
    CONSTRAINT card_hash_b_check CHECK ((octet_length(hash_b) = 32)),
    CONSTRAINT card_id_check CHECK ((id > 0)),
    CONSTRAINT card_sealed_check CHECK ((octet_length(sealed) = 48))
);
ALTER TABLE km_par.card ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME km_par.card_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE km_par.registry (
    id bigint NOT NULL,
    schema_version bigint NOT NULL,
    epoch bigint NOT NULL,
    hash_column bigint NOT NULL,
    current_version bigint NOT NULL,
    current_check text NOT NULL,
    next_version bigint,
    next_check text,
    retired_version bigint,
    retired_check text,
    sealing_keys text DEFAULT ''::text NOT NULL,
    CONSTRAINT registry_hash_column_check CHECK ((hash_column = ANY (ARRAY[(0)::bigint, (1)::bigint]))),
    CONSTRAINT registry_id_check CHECK ((id = 1))
);
COPY km_par.access (id, date, action, par, actor, reason) FROM stdin;
1	1795842549753	erase	Q1FJF2LDXOO205WE2NFER42TCF4	tester	rehearsal
\.
COPY km_par.account (par, created, erased, origin) FROM stdin;
Q1H842FLNX0EPKEYYK0SINRNGEL	1795842549192	\N	0
Q1VRH2RMD8VLWBD7ZPMPJFPKPLZ	1795842549192	\N	0
Q1FJF2LDXOO205WE2NFER42TCF4	1795842549191	1795842549753	0
\.
COPY km_par.card (id, created, replaced, replaces, sealing_version, kind, last_four, is_first, par, hash_a, hash_b, sealed) FROM stdin;
2	1795842549192	\N	\N	1	0	12	t	Q1VRH2RMD8VLWBD7ZPMPJFPKPLZ	\\x48507d9e113ca2695af948c7fd9de387a5266efd1ea153ea2c7ef7f74cf1c875	\N	\\x7ea9da7f50f1433c2a0e83484c83af20ce07eb23eaeaeffc1b1751773c2fa5f522efdbdea5ed75530e88ab2198f7b278
1	1795842549192	1795842549391	\N	1	0	4	t	Q1H842FLNX0EPKEYYK0SINRNGEL	\\x2236fc07c555e05da3e82ef22006c7af997c40292bbd7a5c53c681d8dabf52ba	\N	\\x23a8bd1dcc966937f5d2711fc6fdc33ac39e6b2872700ca3eb0d030431acb3d51e58f0ff4fbd4202dc8a4fc2bde2e48c
4	1795842549391	\N	1	1	0	46	f	Q1H842FLNX0EPKEYYK0SINRNGEL	\\x7bf963b6ef95354b0268365c7caa1d99f8b02c96a3ab846c1e854ebd45ae7e5f	\N	\\x72525215bd3d9cb531f7bd8fce58c1df3237aed74c588b43f42aa031c49eca82b2280f8f5243f9fc0f60f9e20e58991e
5	1795842549624	\N	\N	1	2	53	f	Q1H842FLNX0EPKEYYK0SINRNGEL	\\x47f15003d9c2c1fd08e90497944f07a3ab774c9ee738d23f741e2e28b0e355ad	\N	\\x7dda405cbfdaf9537763b89033df8c25bec55e4e09d436852d6c2b9eda12bc7d3cb6ae76ccf4ed9fd485731c705ce8a2
\.
COPY km_par.registry (id, schema_version, epoch, hash_column, current_version, current_check, next_version, next_check, retired_version, retired_check, sealing_keys) FROM stdin;
1	1	2	0	1	2D9A033E71	\N	\N	\N	\N	1:B5577D8F51
\.
SELECT pg_catalog.setval('km_par.access_id_seq', 1, true);
SELECT pg_catalog.setval('km_par.card_id_seq', 5, true);
ALTER TABLE ONLY km_par.access
    ADD CONSTRAINT access_pkey PRIMARY KEY (id);
ALTER TABLE ONLY km_par.account
    ADD CONSTRAINT account_pkey PRIMARY KEY (par);
ALTER TABLE ONLY km_par.card
    ADD CONSTRAINT card_pkey PRIMARY KEY (id);
ALTER TABLE ONLY km_par.registry
    ADD CONSTRAINT registry_pkey PRIMARY KEY (id);
CREATE UNIQUE INDEX card_hash_a ON km_par.card USING btree (hash_a) WHERE (hash_a IS NOT NULL);
CREATE UNIQUE INDEX card_hash_b ON km_par.card USING btree (hash_b) WHERE (hash_b IS NOT NULL);
CREATE INDEX card_par ON km_par.card USING btree (par);
CREATE UNIQUE INDEX card_replaces ON km_par.card USING btree (replaces) WHERE (replaces IS NOT NULL);
