#if Redis
internal import Foundation
internal import KMSecurity
internal import NIOCore

/// Checks that a server can remember requests: its clock, its role, its eviction policy and its marker.
struct RedisServerCheck {
    let configuration: RedisReplayGuard.Configuration
    let memory: RedisStoreMemory

    private var address: RedisReplayGuard.Address { configuration.address }
    private var time: Duration { max(configuration.timeout, .seconds(1)) }

    /// Authenticates a new connection, selects the database, and checks the server.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable` with what to do if the server must not be used.
    func open(_ connection: RedisConnection) async throws {
        if let password = configuration.password {
            let answers = try await connection.send(count: 1, within: time) { buffer in
                RedisCommand.writeAuthentication(configuration.username, password, to: &buffer)
            }
            if let kind = answers.first?.errorKind {
                guard kind != "ERR" else {
                    throw KMError.unavailable(
                        address,
                        "did not accept AUTH; it has no password, or is older than 6.0"
                    )
                }
                throw KMError.answered(kind, address)
            }
        }
        if configuration.database != 0 {
            let answers = try await connection.send([["SELECT", "\(configuration.database)"]], within: time)
            if let kind = answers.first?.errorKind {
                guard kind != "ERR" else {
                    throw KMError.unavailable(
                        address,
                        "has no database \(configuration.database); see databases in redis.conf"
                    )
                }
                throw KMError.answered(kind, address)
            }
        }
        try await run(connection)
    }

    /// Checks the server.
    ///
    /// - Throws: ``KMError`` `replayStoreUnavailable` with what to do if the server must not be used.
    func run(_ connection: RedisConnection) async throws {
        let now = try await checkClock(connection)
        let marker = configuration.prefix + "since"
        let answers = try await connection.send(
            [
                ["INFO", "memory"], ["INFO", "replication"], ["INFO", "server"], ["INFO", "persistence"],
                ["SET", marker, now, "NX"], ["GET", marker],
            ],
            within: time
        )
        var fields: [Substring: String] = [:]
        for line in answers[..<4].compactMap(\.text).joined(separator: "\n").split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { fields[parts[0]] = String(parts[1]) }
        }
        if fields["role"] == nil || fields["maxmemory_policy"] == nil { memory.informationIsMissing(address) }
        if fields["aof_enabled"] == "0" { memory.keysAreNotDurable(address) }
        if fields["role"] == "slave" {
            throw KMError.unavailable(address, "is a replica (role:slave); set the address of the primary")
        }
        try checkEviction(fields["maxmemory"], fields["maxmemory_policy"])
        // A full Redis still answers for the requests that it has, and claims report that it is full.
        for answer in answers[4...] {
            if let kind = answer.errorKind, kind != "OOM" { throw KMError.answered(kind, address) }
        }
        memory.observe(since: answers[5].text, runID: fields["run_id"], address)
    }

    /// Compares the clocks.
    ///
    /// - Returns: The time of Redis in microseconds since 1970.
    private func checkClock(_ connection: RedisConnection) async throws -> String {
        let before = NIODeadline.now()
        let answers = try await connection.send([["TIME"]], within: time)
        let local = Date().timeIntervalSince1970
        let roundTrip = Double((NIODeadline.now() - before).nanoseconds) / 1e9
        if let kind = answers.first?.errorKind { throw KMError.answered(kind, address) }
        guard case .array(let parts) = answers.first, parts.count == 2,
            let seconds = parts[0].text.flatMap(Int64.init),
            let microseconds = parts[1].text.flatMap(Int64.init), (0...4_000_000_000).contains(seconds),
            (0..<1_000_000).contains(microseconds)
        else { throw KMError.unavailable(address, "did not answer TIME; check that Redis 7 or Valkey listens there") }
        let remote = Double(seconds) + Double(microseconds) / 1e6
        // Redis read its clock at some time between the command and the answer.
        let difference = remote - local
        let margin = configuration.expiryMargin.seconds
        guard difference <= margin, difference >= -margin - roundTrip else {
            let size = (abs(difference) * 10).rounded() / 10
            throw KMError.unavailable(
                address,
                "has a clock \(size) s \(difference > 0 ? "ahead of" : "behind") this process's; at most \(margin) s are "
                    + "accepted; synchronize both clocks with NTP"
            )
        }
        memory.set(latest: Int64((remote + roundTrip) * 1000))
        return "\(seconds * 1_000_000 + microseconds)"
    }

    private func checkEviction(_ maximum: String?, _ policy: String?) throws {
        guard !configuration.insecureAllowingEviction, let maximum, maximum != "0", let policy,
            policy != "noeviction"
        else { return }
        throw KMError.unavailable(
            address,
            "erases keys when its memory is full (maxmemory-policy \(policy.prefix(24))), so that copies of requests would "
                + "pass; set maxmemory-policy to noeviction in redis.conf"
        )
    }
}
#endif
