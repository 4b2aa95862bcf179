/*
 * A model of the rotation of crypto keys between a provider and the platform.
 *
 * Tests/Rotation/check runs spin on this model: once with all guards, and once without each of them. With all guards, no
 * error must be found. Without any one guard, an error must be found.
 *
 * The parts
 *   - Two ends: the provider (0) and the platform (1). Each end has NODES processes and one operator with the tool.
 *   - The tool edits the keyring file of its end. Each edit makes a new generation. `hist` holds all generations.
 *   - A node runs one generation. It loads newer files late, restarts at any time, and may be replaced by a fresh machine.
 *   - A node of the provider begins requests under the primary key of its keyring. A node of the platform begins callbacks
 *     under the active key that was issued first. Any node of the other end can receive the message. The answer uses the
 *     key of the request, and any node of the end that asked can receive it.
 *   - A forgotten sender of an end is a process that the end's operator does not know. It runs the first generation for
 *     ever, and only sends. Only the census of the receiving end shows it.
 *   - A word is what one operator says to the other: it holds a key, it stopped using it, or it destroyed it.
 *
 * The properties
 *   1. Every node of the receiving end can open every message in transit with the keyring that it runs.
 *   2. No end discards a key while a message under it is in transit, while a listed node of either end can begin one, or
 *      while a forgotten sender of the other end can begin one.
 *   3. No more than two ids are usable in the newest files of the two ends together.
 *
 * Assumptions
 *   - The soak time is longer than the longest pause of a forgotten sender plus the longest life of a message. The life of
 *     a message includes its answer.
 *   - The operators say only what their tool says. The tool says it only when the guards of the word allow it.
 *   - The operator removes the census of a machine that was replaced (the guard replaced-node-unknown).
 *
 * How the model stays small
 *   - There is one message at a time. The properties are about one message and one node. More messages only make the soak
 *     time end later.
 *   - The tool reads a census when the node changes it. A late or lost copy only makes the tool wait, and each step of the
 *     model can wait for any time. With LATE_CENSUSES, each copy of an acknowledgement is a step of its own.
 *   - A word can be recorded late, in another order, or never. The step that records a word makes no generation.
 *   - The tool needs less here than in the package. Before promote, deactivate and reactivate, the package waits until
 *     every node has loaded the newest generation. Here, promote waits for a generation that holds the key, and deactivate
 *     and reactivate wait for no acknowledgement, unless NEWEST_FIRST is set. The words "holds" and "stopped" wait for acknowledgements at both ends.
 *     Before add, the package also waits until every own node has loaded the generation without the last key.
 *   - There is no clock. A soak time ends when each message that began before it is gone, and when each forgotten sender
 *     that still runs was seen.
 *   - A key can be compromised only with COMPROMISES. The properties do not hold for messages under such a key, because
 *     they are lost on purpose. They hold for all other keys.
 *   - Ordinary uses are not counted in the censuses, only those by forgotten senders. Fewer counts block fewer steps, so
 *     the check is stricter.
 *
 * Not modelled
 *   - A restored backup of the tool's file, which would use a generation number again.
 *   - Two operators at one end.
 *   - A forced step, and an operator who says something else than the tool.
 *   - A forgotten sender of the own end. Its own tool cannot see it; only the peer's census shows it.
 *
 * Output: each step prints one line with the prefix "STEP", for example "STEP provider.tool promote K2 generation 3" or
 * "STEP platform.node2 reload 4". `check --traces` writes these lines. The generations are those of this model.
 */

/* The bounds. */
#ifndef NODES
#define NODES 2            /* Nodes of each end: 2 or 3. */
#endif
#ifndef GENERATIONS
#define GENERATIONS 8      /* The largest generation of a file. */
#endif
#ifndef SUSPENSIONS
#define SUSPENSIONS 1      /* The largest number of suspensions by each end. */
#endif
#ifndef COMPROMISES
#define COMPROMISES 0      /* The largest number of steps that compromise a key. */
#endif
#ifndef FORGOTTEN_PLATFORM
#define FORGOTTEN_PLATFORM 0  /* Whether the platform has a forgotten sender; the provider always has one. */
#endif
#define KEYS 3
#define LENGTH (GENERATIONS + 1)

#define PROVIDER 0
#define PLATFORM 1
#define OTHER(e) (1 - (e))
mtype = { K1, K2, K3, provider, platform, holds, stopped, destroyed };
#define NAME(e) ((e) == PROVIDER -> provider : platform)
#define KEY(k) ((k) == 0 -> K1 : ((k) == 1 -> K2 : K3))

/* The states of a key. */
#define ABSENT 0
#define PRE 1              /* pre-activation */
#define ACTIVE 2
#define SUSPENDED 3
#define DEACTIVATED 4
#define DESTROYED 5
#define COMPROMISED 6

/* The newest file of each end. */
byte states[2 * KEYS];
#define STATE(e, k) states[(e) * KEYS + (k)]
byte first[2];             /* The active key that was issued first. */
byte primary[2];           /* The key under which nodes begin messages. On the platform, it is the one in `first`. */
byte newest[2];            /* The number of the newest generation. */
#define NONE_ACTIVE 7
#define IS_USABLE(s) ((s) >= PRE && (s) <= DEACTIVATED)

/* The generations. A number holds what a node needs: a bit for each usable key, then `primary`, then `first`. */
short hist[2 * LENGTH];
#define HIST(e, g) hist[(e) * LENGTH + (g)]
#define USABLE(h, k) (((h) >> (k)) & 1)
#define BEGINS(h) (((h) >> 3) & 7)
#define FIRST(h) ((h) >> 6)
byte changed[2 * KEYS];    /* The generation in which the state of a key changed last. */
#define CHANGED(e, k) changed[(e) * KEYS + (k)]
byte suspensions[2];
#if COMPROMISES > 0
byte compromises;
byte leaked;               /* A bit for each key that an end has compromised. Its messages are lost on purpose. */
#define LEAKED(k) ((leaked >> (k)) & 1)
#else
#define LEAKED(k) 0
#endif

/* What an end recorded of the other end's words: the last one. */
#define NOTHING 0
#define HOLDS 1
#define STOPPED 2
#define GONE 3             /* destroyed */
byte peer[2 * KEYS];
/* What an end said: a bit for each word. A word can be recorded late, in another order, or never. */
byte said[2 * KEYS];
#define SAID(e, k) said[(e) * KEYS + (k)]
#define HAS_SAID(e, k, w) ((SAID(e, k) >> (w)) & 1)
#define SAY(e, k, w) \
    :: d_step { !HAS_SAID(e, k, w) && CAN_SAY(e, k, w) -> SAID(e, k) = SAID(e, k) | (1 << (w)); \
    printf("STEP %e.tool says %e %e\n", NAME(e), KEY(k), WORD(w)) }
#define WORD(w) ((w) == HOLDS -> holds : ((w) == STOPPED -> stopped : destroyed))
/* Whether the tool of an end says a word. */
#define CAN_SAY(e, k, w) \
    ((w) == HOLDS -> IS_USABLE(STATE(e, k)) && ACKNOWLEDGED_BEFORE_HOLDS(e, k) : ((w) == STOPPED -> \
        STATE(e, k) == DEACTIVATED && ACKNOWLEDGED_BEFORE_STOPPED(e, k) : STATE(e, k) == DESTROYED))
#define PEER(e, k) peer[(e) * KEYS + (k)]

/* The nodes. */
byte generation[2 * NODES];
#define GEN(e, n) generation[(e) * NODES + (n)]
#define RING(e, n) HIST(e, GEN(e, n))
#if defined(NO_NEVER_OLDER) || defined(NO_RESTART_NOT_OLDER) || defined(NO_REPLACED_NODE_UNKNOWN)
#define LATE_CENSUSES      /* In these models, a node can run an older generation than its census says. */
#endif
#ifdef LATE_CENSUSES
/* The generation in the tool's copy of the census. It is 0 if there is none. */
byte acknowledged[2 * NODES];
#define ACK(e, n) acknowledged[(e) * NODES + (n)]
#define LATE_CENSUS(e, n) \
    :: d_step { ACK(e, n) < GEN(e, n) -> \
        ACK(e, n) = GEN(e, n); \
        printf("STEP %e.node%d acknowledge %d\n", NAME(e), n + 1, GEN(e, n)) }
#else
#define ACK(e, n) GEN(e, n)
#define LATE_CENSUS(e, n)
#endif
#if NODES == 2
#define ALL(e, X, k) (X(e, 0, k) && X(e, 1, k))
#define LOWEST_OTHER(e, n) GEN(e, 1 - (n))
#else
#define ALL(e, X, k) (X(e, 0, k) && X(e, 1, k) && X(e, 2, k))
#define LOWEST_OTHER(e, n) (GEN(e, ((n) + 1) % 3) < GEN(e, ((n) + 2) % 3) -> GEN(e, ((n) + 1) % 3) : GEN(e, ((n) + 2) % 3))
#endif
/* The last node of each end can be a node that is not listed. Its census must not be ignored. */
#ifdef NO_UNLISTED_NODE_BLOCKS_STEP
#define COUNTS(n) ((n) < NODES - 1)
#else
#define COUNTS(n) 1
#endif
#ifdef NO_UNLISTED_NODE_BLOCKS_WORD
#define COUNTS_FOR_WORD(n) ((n) < NODES - 1)
#else
#define COUNTS_FOR_WORD(n) 1
#endif

/* The message in transit. An answer keeps the time at which its request began. */
#define NONE 0
#define REQUEST 1          /* to the platform */
#define ANSWER 2           /* to the provider */
#define CALLBACK 3         /* to the provider */
#define CALLBACK_ANSWER 4  /* to the platform */
byte kind;
byte under;                /* the key */
bool old[2];               /* Whether the message began before the soak time of this end. */
#define RECEIVER (kind == REQUEST || kind == CALLBACK_ANSWER -> PLATFORM : PROVIDER)

bool forgotten[2];         /* Whether the forgotten sender of this end still runs. It sends under K1. */

/* The soak time of each end. At most one key of an end is being retired. */
#define WAITING 0
#define RUNNING 1
#define ENDED 2
byte soak[2];
byte retired[2];           /* the key */
bool seen[2];              /* A forgotten sender was seen in the soak time, and the tool does not know it. */
#ifdef NO_RESTART_IS_GAP
byte used[2];              /* The node whose census shows the use, plus one. */
#endif
#ifdef NO_CENSUS_TO_END_OF_SOAK
bool copied[2];            /* The tool has a census from within the soak time, and reads no later one. */
#endif

/* ---- Property 1 ---- */
#ifdef NO_CALLBACK_NAMES_KEY
#define OPENS(e, n, k) (USABLE(RING(e, n), k) && (kind != CALLBACK || FIRST(RING(e, n)) == (k)))
#else
#define OPENS(e, n, k) USABLE(RING(e, n), k)
#endif
#define PROPERTY_1 (kind == NONE || LEAKED(under) || \
    (RECEIVER == PLATFORM -> ALL(PLATFORM, OPENS, under) : ALL(PROVIDER, OPENS, under)))

/* ---- Property 2 ---- */
#define BEGINS_NOT(e, n, k) (BEGINS(RING(e, n)) != (k))
#define PROPERTY_2(e, k) (LEAKED(k) || ((kind == NONE || under != (k)) && ALL(0, BEGINS_NOT, k) && ALL(1, BEGINS_NOT, k) \
    && !((k) == 0 && forgotten[OTHER(e)])))

/* ---- Property 3 ---- */
#define EXISTS(k) (IS_USABLE(STATE(0, k)) || IS_USABLE(STATE(1, k)))
#define PROPERTY_3 (EXISTS(0) + EXISTS(1) + EXISTS(2) <= 2)

/* ---- The guards. Each NO_... removes one. ---- */

#define ACK_HOLDS(e, n, k) USABLE(HIST(e, ACK(e, n)), k)
#define HOLDS_IN_ACK(e, n, k) (!COUNTS(n) || ACK_HOLDS(e, n, k))
#define SAYS_HOLDS_IN_ACK(e, n, k) (!COUNTS_FOR_WORD(n) || ACK_HOLDS(e, n, k))

#ifdef NO_ACKNOWLEDGED_BEFORE_PROMOTE
#define ACKNOWLEDGED_BEFORE_PROMOTE(e, k) 1
#else
#define ACKNOWLEDGED_BEFORE_PROMOTE(e, k) ALL(e, HOLDS_IN_ACK, k)
#endif

#ifdef NO_ACKNOWLEDGED_BEFORE_HOLDS
#define ACKNOWLEDGED_BEFORE_HOLDS(e, k) 1
#else
#define ACKNOWLEDGED_BEFORE_HOLDS(e, k) ALL(e, SAYS_HOLDS_IN_ACK, k)
#endif

/* A node stopped when it acknowledged the generation of the last change, because it can run every later one. */
#ifdef NO_EVERY_GENERATION
#define ACK_STOPPED(e, n, k) (BEGINS(HIST(e, ACK(e, n))) != (k))
#else
#define ACK_STOPPED(e, n, k) (ACK(e, n) >= CHANGED(e, k))
#endif
#define STOPPED_IN_ACK(e, n, k) (!COUNTS(n) || ACK_STOPPED(e, n, k))
#define SAYS_STOPPED_IN_ACK(e, n, k) (!COUNTS_FOR_WORD(n) || ACK_STOPPED(e, n, k))

#ifdef NO_ACKNOWLEDGED_BEFORE_STOPPED
#define ACKNOWLEDGED_BEFORE_STOPPED(e, k) 1
#else
#define ACKNOWLEDGED_BEFORE_STOPPED(e, k) ALL(e, SAYS_STOPPED_IN_ACK, k)
#endif

#ifdef NO_PROVIDER_WAITS_FOR_HOLDS
#define PROVIDER_WAITS_FOR_HOLDS(e, k) 1
#else
#define PROVIDER_WAITS_FOR_HOLDS(e, k) ((e) != PROVIDER || PEER(e, k) == HOLDS)
#endif

#ifdef NO_PLATFORM_WAITS_FOR_HOLDS
#define PLATFORM_WAITS_FOR_HOLDS(e, k) 1
#else
#define PLATFORM_WAITS_FOR_HOLDS(e, k) ((e) != PLATFORM || PEER(e, k) == HOLDS)
#endif

/* A compromised key takes one of the two places, until the peer has destroyed it. */
#if defined(NO_COMPROMISED_TAKES_PLACE) || COMPROMISES == 0
#define TAKES(e, k) IS_USABLE(STATE(e, k))
#else
#define TAKES(e, k) (IS_USABLE(STATE(e, k)) || (STATE(e, k) == COMPROMISED && PEER(e, k) != GONE))
#endif
#ifdef NO_AT_MOST_TWO
#define AT_MOST_TWO(e) 1
#else
#define AT_MOST_TWO(e) (TAKES(e, 0) + TAKES(e, 1) + TAKES(e, 2) < 2)
#endif

#define DESTROYED_AT_PEER(e, k) (STATE(e, k) != DESTROYED || PEER(e, k) == GONE)
#ifdef NO_PEER_DESTROYED
#define PEER_DESTROYED(e) 1
#else
#define PEER_DESTROYED(e) (DESTROYED_AT_PEER(e, 0) && DESTROYED_AT_PEER(e, 1))
#endif

#define KEEPS_PRIMARY(e, k) (((e) == PLATFORM || primary[e] != (k)) && IS_OTHER_ACTIVE(e, k))
#define IS_OTHER_ACTIVE(e, k) (STATE(e, ((k) + 1) % 3) == ACTIVE || STATE(e, ((k) + 2) % 3) == ACTIVE)
#ifdef NO_PRIMARY_STAYS_ACTIVE
#define PRIMARY_STAYS_ACTIVE(e, k) 1
#else
#define PRIMARY_STAYS_ACTIVE(e, k) KEEPS_PRIMARY(e, k)
#endif

#ifdef NO_STOPPED_IS_FINAL
#define REACTIVATES(s) ((s) == SUSPENDED || (s) == DEACTIVATED)
#else
#define REACTIVATES(s) ((s) == SUSPENDED)
#endif

#ifdef NO_DEACTIVATE_FIRST
#define RETIRES(e, k) (STATE(e, k) >= ACTIVE && STATE(e, k) <= DEACTIVATED && KEEPS_PRIMARY(e, k))
#else
#define RETIRES(e, k) (STATE(e, k) == DEACTIVATED)
#endif

#ifdef NO_PEER_STOPPED
#define PEER_STOPPED(e, k) 1
#else
#define PEER_STOPPED(e, k) (PEER(e, k) >= STOPPED)
#endif

#ifdef NO_SOAK_AFTER_ACKNOWLEDGEMENT
#define SOAK_AFTER_ACKNOWLEDGEMENT(e, k) 1
#else
#define SOAK_AFTER_ACKNOWLEDGEMENT(e, k) ALL(e, STOPPED_IN_ACK, k)
#endif

#ifdef NO_SOAK_AFTER_PEER_STOPPED
#define SOAK_AFTER_PEER_STOPPED(e, k) 1
#else
#define SOAK_AFTER_PEER_STOPPED(e, k) PEER_STOPPED(e, k)
#endif

#ifdef NO_SOAK_LONGER_THAN_MESSAGE
#define SOAK_LONGER_THAN_MESSAGE(e) 1
#else
#define SOAK_LONGER_THAN_MESSAGE(e) (!old[e])
#endif

/* ---- The steps ---- */

/* A new generation of the file, with a new state of a key. */
inline edit(e, k, s) {
    STATE(e, k) = s;
    first[e] = (STATE(e, 0) == ACTIVE -> 0 : (STATE(e, 1) == ACTIVE -> 1 : (STATE(e, 2) == ACTIVE -> 2 : NONE_ACTIVE)));
    primary[e] = (e == PLATFORM -> first[e] : primary[e]);
    write(e, k)
}

inline write(e, k) {
    newest[e]++;
    CHANGED(e, k) = newest[e];
    HIST(e, newest[e]) = IS_USABLE(STATE(e, 0)) + 2 * IS_USABLE(STATE(e, 1)) + 4 * IS_USABLE(STATE(e, 2)) +
        8 * primary[e] + 64 * first[e]
}

/* The soak time begins now. What is in transit began before it. */
inline begin_soak(e) {
    soak[e] = RUNNING;
    seen[e] = 0;
#ifdef NO_RESTART_IS_GAP
    used[e] = 0;
#endif
#ifdef NO_CENSUS_TO_END_OF_SOAK
    copied[e] = 0;
#endif
    old[e] = (kind != NONE && under == retired[e])
}

inline end_soak(e) {
    soak[e] = WAITING;
    retired[e] = 0;
    seen[e] = 0;
#ifdef NO_RESTART_IS_GAP
    used[e] = 0;
#endif
#ifdef NO_CENSUS_TO_END_OF_SOAK
    copied[e] = 0;
#endif
    old[e] = 0
}

/* A node of end e has opened a message of the other end's forgotten sender. The soak time begins again. */
inline count_use(e, n) {
    if
    :: soak[e] == RUNNING && retired[e] == 0 ->
#if defined(NO_USE_RESTARTS_SOAK)
        seen[e] = 1
#elif defined(NO_RESTART_IS_GAP)
        seen[e] = 1;
        used[e] = n + 1
#elif defined(NO_CENSUS_TO_END_OF_SOAK)
        if
        :: copied[e] -> seen[e] = 1
        :: else -> begin_soak(e)
        fi
#elif defined(NO_CENSUS_PRESENT)
        if
        :: n == NODES - 1 -> seen[e] = 1
        :: else -> begin_soak(e)
        fi
#else
        begin_soak(e)
#endif
    :: else -> skip
    fi
}

/* The counters of a node begin again. So does the soak time, because the tool cannot know the uses before. */
inline lose_counts(e, n) {
    if
    :: soak[e] == RUNNING ->
#ifdef NO_RESTART_IS_GAP
        if
        :: used[e] == n + 1 -> used[e] = 0
        :: else -> skip
        fi
#else
        begin_soak(e)
#endif
    :: else -> skip
    fi
}

/* With NEWEST_FIRST, the tool is as strict as in the package: every node must have loaded the newest generation. */
#ifdef NEWEST_FIRST
#define RUNS_NEWEST(e, n, k) (!COUNTS(n) || ACK(e, n) == newest[e])
#define ALL_RUN_NEWEST(e) ALL(e, RUNS_NEWEST, 0)
#else
#define ALL_RUN_NEWEST(e) 1
#endif
#ifdef NO_ACKNOWLEDGED_BEFORE_PROMOTE
#define ALL_RUN_NEWEST_BEFORE_PROMOTE(e) 1
#else
#define ALL_RUN_NEWEST_BEFORE_PROMOTE(e) ALL_RUN_NEWEST(e)
#endif

#define CAN_EDIT(e) (newest[e] < GENERATIONS)

/* The steps of the tool of end e with key k. */
#define TOOL(e, k) \
    :: d_step { CAN_EDIT(e) && (k) > 0 && STATE(e, k) == ABSENT && STATE(e, (k) - 1) != ABSENT \
            && AT_MOST_TWO(e) && PEER_DESTROYED(e) -> \
        edit(e, k, PRE); \
        printf("STEP %e.tool add %e generation %d\n", NAME(e), KEY(k), newest[e]); \
        assert(PROPERTY_3) } \
    :: d_step { CAN_EDIT(e) && PROMOTES(e, k) && ALL_RUN_NEWEST_BEFORE_PROMOTE(e) && ACKNOWLEDGED_BEFORE_PROMOTE(e, k) \
            && PROVIDER_WAITS_FOR_HOLDS(e, k) && PLATFORM_WAITS_FOR_HOLDS(e, k) -> \
        primary[e] = k; \
        edit(e, k, ACTIVE); \
        printf("STEP %e.tool promote %e generation %d\n", NAME(e), KEY(k), newest[e]) } \
    :: d_step { CAN_EDIT(e) && suspensions[e] < SUSPENSIONS && STATE(e, k) == ACTIVE && ALL_RUN_NEWEST(e) \
            && PRIMARY_STAYS_ACTIVE(e, k) -> \
        edit(e, k, SUSPENDED); \
        suspensions[e]++; \
        printf("STEP %e.tool suspend %e generation %d\n", NAME(e), KEY(k), newest[e]) } \
    :: d_step { CAN_EDIT(e) && ALL_RUN_NEWEST(e) && REACTIVATES(STATE(e, k)) -> \
        edit(e, k, ACTIVE); \
        end_soak(e); \
        printf("STEP %e.tool reactivate %e generation %d\n", NAME(e), KEY(k), newest[e]) } \
    :: d_step { CAN_EDIT(e) && ALL_RUN_NEWEST(e) && (STATE(e, k) == ACTIVE || STATE(e, k) == SUSPENDED) \
            && PRIMARY_STAYS_ACTIVE(e, k) -> \
        edit(e, k, DEACTIVATED); \
        printf("STEP %e.tool deactivate %e generation %d\n", NAME(e), KEY(k), newest[e]) } \
    :: d_step { soak[e] == WAITING && RETIRES(e, k) && SOAK_AFTER_ACKNOWLEDGEMENT(e, k) \
            && SOAK_AFTER_PEER_STOPPED(e, k) -> \
        retired[e] = k; \
        begin_soak(e); \
        printf("STEP %e.tool soak-begins %e\n", NAME(e), KEY(k)) } \
    :: d_step { CAN_EDIT(e) && soak[e] == ENDED && retired[e] == (k) && RETIRES(e, k) && PEER_STOPPED(e, k) \
            && ALL(e, STOPPED_IN_ACK, k) -> \
        edit(e, k, DESTROYED); \
        end_soak(e); \
        printf("STEP %e.tool discard %e generation %d\n", NAME(e), KEY(k), newest[e]); \
        assert(PROPERTY_2(e, k)) } \
    SAY(e, k, HOLDS) SAY(e, k, STOPPED) SAY(e, k, GONE) \
    :: d_step { PEER(e, k) != HOLDS && HAS_SAID(OTHER(e), k, HOLDS) -> \
        PEER(e, k) = HOLDS; \
        printf("STEP %e.tool peer %e holds\n", NAME(e), KEY(k)) } \
    :: d_step { PEER(e, k) != STOPPED && HAS_SAID(OTHER(e), k, STOPPED) -> \
        PEER(e, k) = STOPPED; \
        printf("STEP %e.tool peer %e stopped\n", NAME(e), KEY(k)) } \
    :: d_step { PEER(e, k) != GONE && HAS_SAID(OTHER(e), k, GONE) -> \
        PEER(e, k) = GONE; \
        printf("STEP %e.tool peer %e destroyed\n", NAME(e), KEY(k)) }

/* A key that somebody else may know is out of use at once, and is discarded without any wait. */
#if COMPROMISES > 0
#define COMPROMISE(e, k) \
    :: d_step { CAN_EDIT(e) && compromises < COMPROMISES && IS_USABLE(STATE(e, k)) -> \
        primary[e] = (primary[e] == (k) -> NONE_ACTIVE : primary[e]); \
        edit(e, k, COMPROMISED); \
        compromises++; \
        leaked = leaked | (1 << (k)); \
        if \
        :: soak[e] != WAITING && retired[e] == (k) -> end_soak(e) \
        :: else -> skip \
        fi; \
        printf("STEP %e.tool compromise %e generation %d\n", NAME(e), KEY(k), newest[e]) } \
    :: d_step { CAN_EDIT(e) && STATE(e, k) == COMPROMISED -> \
        edit(e, k, DESTROYED); \
        printf("STEP %e.tool discard %e generation %d\n", NAME(e), KEY(k), newest[e]) }
#define COMPROMISE_ALL(e) COMPROMISE(e, 0) COMPROMISE(e, 1) COMPROMISE(e, 2)
#else
#define COMPROMISE_ALL(e)
#endif

#ifdef ROLLBACK
/* A provider can go back to a key that is active and not primary. */
#define PROMOTES(e, k) (STATE(e, k) == PRE \
    || ((e) == PROVIDER && STATE(e, k) == ACTIVE && primary[e] != (k)))
#else
#define PROMOTES(e, k) (STATE(e, k) == PRE)
#endif

/* The time of end e. A soak time ends when no message from before it is in transit, and when each forgotten sender of the
 * other end was seen. */
#define TIME(e) \
    :: d_step { soak[e] == RUNNING && SOAK_LONGER_THAN_MESSAGE(e) && NOTHING_SHOWN(e) \
            && (retired[e] != 0 || !forgotten[OTHER(e)] || seen[e]) -> \
        soak[e] = ENDED; \
        old[e] = 0; \
        printf("STEP %e.tool soak-ends %e\n", NAME(e), KEY(retired[e])) } \
    :: d_step { forgotten[e] -> forgotten[e] = 0; printf("STEP %e.forgotten ends\n", NAME(e)) }
#ifdef NO_RESTART_IS_GAP
#define NOTHING_SHOWN(e) (used[e] == 0)
#else
#define NOTHING_SHOWN(e) 1
#endif

/* The steps of node n of end e. Loading several generations at once is the same as loading one after the other. */
#define NODE(e, n) \
    :: d_step { GEN(e, n) < newest[e] -> \
        GEN(e, n) = GEN(e, n) + 1; \
        printf("STEP %e.node%d reload %d\n", NAME(e), n + 1, GEN(e, n)); \
        assert(PROPERTY_1) } \
    :: d_step { kind == NONE && BEGINS(RING(e, n)) < KEYS -> \
        under = BEGINS(RING(e, n)); \
        kind = ((e) == PROVIDER -> REQUEST : CALLBACK); \
        printf("STEP %e.node%d begin %e\n", NAME(e), n + 1, KEY(under)); \
        assert(PROPERTY_1) } \
    :: d_step { soak[e] == RUNNING -> \
        printf("STEP %e.node%d restart %d\n", NAME(e), n + 1, GEN(e, n)); \
        lose_counts(e, n) } \
    :: d_step { GEN(e, n) > FRESH_FROM(e, n) -> \
        GEN(e, n) = GEN(e, n) - 1; \
        FRESH_ACK(e, n); \
        printf("STEP %e.node%d replaced %d\n", NAME(e), n + 1, GEN(e, n)); \
        lose_counts(e, n); \
        assert(PROPERTY_1) } \
    :: d_step { forgotten[OTHER(e)] -> \
        printf("STEP %e.node%d open-forgotten K1\n", NAME(e), n + 1); \
        assert(LEAKED(0) || USABLE(RING(e, n), 0)); \
        count_use(e, n) }

#ifdef NO_FRESH_NODE_CURRENT
#define FRESH_FROM(e, n) 1
#else
#define FRESH_FROM(e, n) LOWEST_OTHER(e, n)
#endif
#if defined(NO_REPLACED_NODE_UNKNOWN) || !defined(LATE_CENSUSES)
#define FRESH_ACK(e, n) skip
#else
#define FRESH_ACK(e, n) ACK(e, n) = 0
#endif

/* Steps that only a model without a guard has. */
#if defined(NO_NEVER_OLDER)
#define BACK(e, n) \
    :: d_step { GEN(e, n) > 1 -> \
        GEN(e, n) = GEN(e, n) - 1; \
        printf("STEP %e.node%d reload %d\n", NAME(e), n + 1, GEN(e, n)); \
        assert(PROPERTY_1) }
#elif defined(NO_RESTART_NOT_OLDER)
#define BACK(e, n) \
    :: d_step { GEN(e, n) > 1 -> \
        GEN(e, n) = GEN(e, n) - 1; \
        printf("STEP %e.node%d restart %d\n", NAME(e), n + 1, GEN(e, n)); \
        lose_counts(e, n); \
        assert(PROPERTY_1) }
#else
#define BACK(e, n)
#endif
#ifdef NO_CENSUS_TO_END_OF_SOAK
#define COPY(e) \
    :: d_step { soak[e] == RUNNING && !copied[e] -> copied[e] = 1; printf("STEP %e.tool copy-censuses\n", NAME(e)) }
#else
#define COPY(e)
#endif

#if NODES == 2
#define END(e) COMPROMISE_ALL(e) TOOL(e, 0) TOOL(e, 1) TOOL(e, 2) TIME(e) COPY(e) \
    NODE(e, 0) NODE(e, 1) BACK(e, 0) BACK(e, 1) LATE_CENSUS(e, 0) LATE_CENSUS(e, 1)
#else
#define END(e) COMPROMISE_ALL(e) TOOL(e, 0) TOOL(e, 1) TOOL(e, 2) TIME(e) COPY(e) NODE(e, 0) NODE(e, 1) NODE(e, 2) \
    BACK(e, 0) BACK(e, 1) BACK(e, 2) LATE_CENSUS(e, 0) LATE_CENSUS(e, 1) LATE_CENSUS(e, 2)
#endif

init {
    d_step {
        /* K1 is active and primary. All nodes run generation 1. */
        byte i = 0;
        do
        :: i < 2 ->
            newest[i] = 1;
            HIST(i, 1) = 1;
            STATE(i, 0) = ACTIVE;
            CHANGED(i, 0) = 1;
            PEER(i, 0) = HOLDS;
            SAID(i, 0) = 1 << HOLDS;
            i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < 2 * NODES ->
            generation[i] = 1;
#ifdef LATE_CENSUSES
            acknowledged[i] = 1;
#endif
            i++
        :: else -> break
        od;
        forgotten[PROVIDER] = 1;
        forgotten[PLATFORM] = FORGOTTEN_PLATFORM;
        i = 0
    }
    do
#ifdef WHOLE_ROTATION
    /* K3 is active everywhere, K1 and its place are free. Spin must be able to come here. */
    :: d_step { STATE(0, 0) == DESTROYED && STATE(1, 0) == DESTROYED && STATE(0, 2) == ACTIVE && STATE(1, 2) == ACTIVE ->
        assert(false) }
#endif
    END(PROVIDER)
    END(PLATFORM)
    /* The message is opened and answered under its key. */
    :: d_step { kind == REQUEST || kind == CALLBACK ->
        kind++;
        printf("STEP message answered %e\n", KEY(under));
        assert(PROPERTY_1) }
    /* The message was opened, or it is lost. */
    :: d_step { kind != NONE ->
        printf("STEP message ends %e\n", KEY(under));
        kind = NONE; under = 0; old[0] = 0; old[1] = 0 }
    od
}
