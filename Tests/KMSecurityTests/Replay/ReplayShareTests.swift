import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Testing

/// A flood of one caller's requests must fill only that caller's share of a replay guard.
///
/// Whoever captures one plain request can make any number of different ones from it, by changing its time.
@Suite("Shares of the replay guard")
struct ReplayShareTests {
    private let ends: ClientAndServer
    private let other: AccessKey

    init() throws {
        ends = try ClientAndServer()
        other = try AccessKey(String(repeating: "b", count: 40))
    }

    /// Returns the share of caller number `caller`.
    static func share(_ caller: Int, _ kind: ReplayShare.Kind = .plain) -> ReplayShare? {
        let digits = String(caller)
        let text = String(repeating: "0", count: 40 - digits.count) + digits
        return (try? AccessKey(text)).map { ReplayShare(caller: .accessKey($0), kind: kind) }
    }

    /// Returns the replay keys of `count` different requests.
    private func keys(_ count: Int) async throws -> [ReplayKey] {
        let collector = CountingGuard(.first)
        let server = try ends.server(replayGuard: collector)
        for index in 0..<count { _ = try await server.open(ends.draft(Array("\(index)".utf8))) }
        return collector.claimed.map(\.key)
    }

    /// Sends copies of one plain request, each with a different time.
    private func flood(_ server: ServerSecurity, count: Int) async throws -> [KMError.Code?] {
        var captured = ends.draft()
        var codes: [KMError.Code?] = []
        for index in 0..<count {
            captured.setTime("20270305123456\(100 + index)")
            codes.append(try await server.rejection(captured))
        }
        return codes
    }

    private func server(_ replayGuard: any ReplayGuard) throws -> ServerSecurity {
        let credentials = StaticCredentials(insecureForAnyAspIDAndCryptoKey: [
            ends.accessKey: [ends.secretKey], other: [ends.secretKey],
        ])
        return try ends.server(credentials: credentials, replayGuard: replayGuard)
    }

    @Test("A flood of one caller's plain requests is rejected and affects no other caller")
    func otherCallers() async throws {
        let server = try server(.inMemory(capacity: 64))
        #expect(
            try await flood(server, count: 100) == Array(repeating: nil, count: 16)
                + Array(repeating: .replayGuardFull, count: 84)
        )
        for index in 0..<16 {
            var genuine = ends.draft(Array("\(index)".utf8))
            genuine.accessKey = other.text
            #expect(try await server.rejection(genuine) == nil)
        }
    }

    @Test("A flood of a caller's plain requests does not block that caller's encrypted requests")
    func encryptedRequestsOfTheFloodedCaller() async throws {
        let server = try server(.inMemory(capacity: 16))
        #expect(try await flood(server, count: 20).last == .replayGuardFull)
        for protection in [Protection.message, try .fields("$.physicalCardNo")] {
            let request = try ends.client().seal(ClientAndServer.parameters, protection: protection)
            _ = try await server.open(request, protection: protection)
        }
    }

    @Test("A replay is still rejected after a flood of other requests")
    func aFloodHidesNoCopy() async throws {
        let server = try server(.inMemory(capacity: 16))
        let genuine = ends.draft(Array("1".utf8))
        #expect(try await server.rejection(genuine) == nil)
        _ = try await flood(server, count: 100)
        #expect(try await server.rejection(genuine) == .replayed)
    }

    @Test("The detail says which limit was reached, and what to do")
    func details() async throws {
        for (claim, words) in [
            (ReplayClaim.callerFull(limit: 7), ["7 plain requests of one caller", "other callers are not affected"]),
            (.full(limit: 9), ["9 plain requests", "Raise the guard's capacity"]),
        ] {
            let server = try server(CountingGuard(claim))
            let error = await #expect(throws: KMError(.replayGuardFull)) { try await server.open(ends.draft()) }
            for word in words { #expect(error?.detail.contains(word) == true) }
            #expect(error?.detail.contains(ends.accessKey.text) == false)
        }
    }

    @Test("A guard sees the caller and the kind of each request")
    func whatAGuardSees() async throws {
        let collector = CountingGuard(.first)
        let server = try ends.server(
            credentials: StaticCredentials([
                .accessKey(ends.accessKey): [
                    Credential(insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny)
                ]
            ]),
            replayGuard: collector
        )
        _ = try await server.open(ends.draft())
        _ = try await server.open(ends.client().seal(ClientAndServer.parameters))
        let provider = try ends.server(
            party: .serviceProvider,
            credentials: StaticCredentials([
                .callback(ends.aspID): [Credential(insecureForAnyAspID: ends.secretKey, cryptoKeyIDs: .insecureAny)]
            ]),
            replayGuard: collector
        )
        var callback = ends.draft()
        callback.accessKey = nil
        _ = try await provider.open(callback.fields(), callback.body, for: .test(.none))
        #expect(
            collector.claimed.map(\.share.text) == [
                "plain:accessKey:\(ends.accessKey)", "encrypted:accessKey:\(ends.accessKey)",
                "plain:callback:\(ends.aspID)",
            ]
        )
    }

    @Test("Three callers can fill their shares, and each further caller gets half of the remaining room")
    func manyFloodedCallers() async throws {
        let keys = try await keys(400)
        let now = ClientAndServer.start
        let replayGuard = InMemoryReplayGuard(capacity: 64)
        var counts: [Int] = []
        for caller in 0..<10 {
            let answers = (0..<40).map {
                replayGuard.claim(keys[caller * 40 + $0], until: now + 10, at: now, of: Self.share(caller))
            }
            counts.append(answers.count { $0 == .first })
        }
        #expect(counts == [16, 16, 16, 8, 4, 2, 1, 1, 0, 0])
        #expect(replayGuard.count == 64)
    }

    @Test("Plain and encrypted requests have separate room, which is free again when they expire")
    func kindsCountApart() async throws {
        let keys = try await keys(40)
        let now = ClientAndServer.start
        let replayGuard = InMemoryReplayGuard(capacity: 8, capacityPerCaller: 4)
        for round in 0..<3 {
            let date = now + Double(round) * 20
            for (index, kind) in ReplayShare.Kind.allCases.enumerated() {
                let answers = (0..<5).map {
                    replayGuard.claim(keys[index * 5 + $0], until: date + 10, at: date, of: Self.share(1, kind))
                }
                #expect(answers == Array(repeating: .first, count: 4) + [.callerFull(limit: 4)])
            }
            #expect(replayGuard.count == 8)
        }
    }

    @Test("A claim erases a bounded number of expired requests, and a full share still has room again")
    func expiryInBulk() async throws {
        let keys = try await keys(400)
        let now = ClientAndServer.start
        let replayGuard = InMemoryReplayGuard(capacity: 800, capacityPerCaller: 300)
        for key in keys[..<300] { #expect(replayGuard.claim(key, until: now, at: now) == .first) }
        #expect(replayGuard.claim(keys[300], until: now + 9, at: now, of: Self.share(1)) == .first)
        #expect(replayGuard.claim(keys[301], until: now + 9, at: now + 5, of: Self.share(1)) == .first)
        #expect(replayGuard.count == 302 - 64)
        // An expired request is rejected, whether it is erased or not.
        for key in keys[..<300] { #expect(replayGuard.claim(key, until: now, at: now + 5) != .first) }
        for key in keys[302..<400] { #expect(replayGuard.claim(key, until: now + 9, at: now + 5) == .first) }
        #expect(replayGuard.count == 100)
    }

    @Test("A caller whose requests have expired is accepted, however many expired requests are not erased yet")
    func expiredEntriesOfOthers() async throws {
        let keys = try await keys(4281)
        let now = ClientAndServer.start
        let replayGuard = InMemoryReplayGuard(capacity: 9000, capacityPerCaller: 20)
        // The first caller's requests expire first, and are erased last.
        for (index, key) in keys.dropLast().enumerated() {
            let caller = index / 20
            let expiry = now + (caller == 0 ? 1 : 2)
            #expect(replayGuard.claim(key, until: expiry, at: now, of: Self.share(caller)) == .first)
        }
        #expect(replayGuard.claim(keys[4280], until: now + 9, at: now + 5, of: Self.share(0)) == .first)
    }
}
