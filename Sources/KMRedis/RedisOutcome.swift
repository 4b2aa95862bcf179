#if Redis
internal import KMSecurity

/// The outcome of a command.
enum RedisOutcome: Sendable {
    /// The server answered.
    case answered(RESPValue)
    /// The command was not sent.
    case unsent(KMError)
    /// The command was sent, but its answer did not arrive: the server may have executed it.
    case unknown(KMError)
}

extension KMError {
    /// An error of a store, with the address and what to do.
    static func unavailable(_ address: RedisReplayGuard.Address, _ detail: String) -> KMError {
        KMError(.replayStoreUnavailable, "Redis at \(address) \(detail)")
    }

    /// The error for an error that the server answered, which names its kind but does not quote its text.
    static func answered(_ kind: String, _ address: RedisReplayGuard.Address) -> KMError {
        switch kind {
        case "OOM":
            KMError(
                .replayGuardFull,
                "Redis at \(address) has no memory for another request (OOM); raise maxmemory or lower replayRetention"
            )
        case "LOADING": unavailable(address, "is loading its data (LOADING); wait until it has finished")
        case "READONLY": unavailable(address, "is a replica (READONLY); set the address of the primary")
        case "NOAUTH": unavailable(address, "requires a password (NOAUTH); set password in the configuration")
        case "WRONGPASS": unavailable(address, "rejected the user name or the password (WRONGPASS); check both")
        case "NOPERM":
            unavailable(
                address,
                "does not permit the ACL user a command or key (NOPERM); use the ACL line in RedisReplayGuard's documentation"
            )
        case "MISCONF": unavailable(address, "cannot write to its disk (MISCONF); see the log of Redis")
        default: unavailable(address, "answered with the error \(kind); see the log of Redis")
        }
    }
}
#endif
