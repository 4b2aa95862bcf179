import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Testing

/// The requests that a server rejects as replays.
@Suite("Replays")
struct ReplayTests {
    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    /// Returns the outcomes of 64 copies of a request, sent at the same time.
    private func outcomes(_ server: ServerSecurity, _ draft: RequestDraft, _ protection: Protection) async throws
        -> [KMError.Code?: Int]
    {
        try await withThrowingTaskGroup(of: KMError.Code?.self) { group in
            for _ in 0..<64 { group.addTask { try await server.rejection(draft, protection: protection) } }
            return try await group.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        }
    }

    @Test("Exactly one of 64 concurrent copies of a plain request is accepted, in each of 20 rounds")
    func parallelPlainCopies() async throws {
        let server = try ends.server()
        for round in 0..<20 {
            let draft = ends.draft(Array("[\(round)]".utf8))
            #expect(try await outcomes(server, draft, .none) == [nil: 1, .replayed: 63])
        }
    }

    @Test("Exactly one of 64 concurrent copies of an encrypted request is accepted, in each of 5 rounds")
    func parallelEncryptedCopies() async throws {
        let server = try ends.server()
        for _ in 0..<5 {
            let draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
            #expect(try await outcomes(server, draft, .message) == [nil: 1, .replayed: 63])
        }
    }

    /// Changes to the parts of a request that the token does not authenticate.
    private static let alterations: [@Sendable (inout RequestDraft) -> Void] = [
        { $0.setTime("20270305123456790") },
        { $0.setTime("20270305123500000") },
        { $0.correlationID = "270305123456-0a1b2c4" },
        { $0.correlationID = "270305123456-0A1B2C3" },
        {
            $0.setTime("20270305213456789")
            $0.timeZone = "KST"
        },
        { $0.timeZone = "GMT" },
    ]

    @Test("An encrypted copy with another time or correlation id is rejected", arguments: alterations.indices)
    func alteredEncryptedCopies(index: Int) async throws {
        for protection in [Protection.message, try .fields("$.physicalCardNo")] {
            let server = try ends.server()
            let request = try ends.client(timeZone: .utc).seal(ClientAndServer.parameters, protection: protection)
            var draft = ends.draft(request.body)
            draft.correlationID = request.headers[.kmCorrelationID]
            #expect(try await server.rejection(draft, protection: protection) == nil)
            let correlationID = draft.correlationID
            Self.alterations[index](&draft)
            // Fields are bound to the correlation id, which is checked before the replay guard is asked.
            let isBound = protection != .message && draft.correlationID != correlationID
            let code = try await server.rejection(draft, protection: protection)
            #expect(code == (isBound ? .fieldMismatch : .replayed))
        }
    }

    @Test("A plain copy with another time or correlation id is accepted, as documented", arguments: alterations.indices)
    func alteredPlainCopies(index: Int) async throws {
        let server = try ends.server()
        var draft = ends.draft()
        #expect(try await server.rejection(draft) == nil)
        Self.alterations[index](&draft)
        #expect(try await server.rejection(draft) == nil)
        #expect(try await server.rejection(draft) == .replayed)
    }

    @Test("A copy with another ASP id, crypto key id or token form is rejected as a replay")
    func uncoveredHeaders() async throws {
        let server = try ends.server()
        var draft = ends.draft()
        #expect(try await server.rejection(draft) == nil)
        draft.aspID = "000170000000001"
        #expect(try await server.rejection(draft) == .replayed)
        draft.cryptoKeyID = nil
        #expect(try await server.rejection(draft) == .replayed)
        draft.profile = .gateway
        #expect(try await server.rejection(draft) == .replayed)
    }

    @Test("Two callers may send the same body at the same time")
    func callersDoNotDisturbEachOther() async throws {
        let other = try AccessKey(String(repeating: "b", count: 40))
        let credentials = StaticCredentials(insecureForAnyAspIDAndCryptoKey: [
            ends.accessKey: [ends.secretKey], other: [ends.secretKey],
        ])
        let server = try ends.server(credentials: credentials)
        var draft = ends.draft()
        #expect(try await server.rejection(draft) == nil)
        draft.accessKey = other.text
        #expect(try await server.rejection(draft) == nil)
    }

    @Test("An altered copy of an encrypted body is rejected until the guard forgets the original")
    func howLongACopyIsKnown() async throws {
        let replayGuard = InMemoryReplayGuard()
        let server = try ends.server(tolerance: .init(past: 300, future: 60), replayGuard: replayGuard)
        var draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
        #expect(try await server.rejection(draft, protection: .message) == nil)
        ends.clock.set(ClientAndServer.start.addingTimeInterval(360))
        draft.setTime("20270305124056789")
        #expect(try await server.rejection(draft, protection: .message) == .replayed)
        #expect(replayGuard.count == 1)
        // Then the guard forgets it. Only TLS keeps an attacker from capturing a body in the first place.
        ends.clock.set(ClientAndServer.start.addingTimeInterval(361))
        draft.setTime("20270305124057789")
        #expect(try await server.rejection(draft, protection: .message) == nil)
    }

    @Test(
        "An altered copy of an encrypted body is rejected for the configured retention",
        arguments: [(601, true), (3599, true), (3600, true), (3602, false)] as [(TimeInterval, Bool)]
    )
    func retention(age: TimeInterval, isRejected: Bool) async throws {
        let server = try ends.server(replayRetention: .seconds(3600))
        var draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
        #expect(try await server.rejection(draft, protection: .message) == nil)
        ends.clock.set(ClientAndServer.start.addingTimeInterval(age))
        let stamp = try RequestStamp(date: ClientAndServer.start.addingTimeInterval(age), timeZone: .utc)
        draft.setTime("\(stamp.tranTime)000")
        #expect(try await server.rejection(draft, protection: .message) == (isRejected ? .replayed : nil))
    }

    @Test("A retention that is not longer than the tolerance is rejected, except insecureFreshnessWindowOnly")
    func retentionsThatAreTooShort() throws {
        for seconds in [0, -1, 599.9, 600, .nan, -.infinity] {
            let error = #expect(throws: KMError(.configurationInvalid)) {
                try ends.server(replayRetention: .seconds(seconds))
            }
            #expect(error?.detail.contains("600.0 s") == true)
        }
        for seconds in [600.1, 86_400, .infinity] { _ = try ends.server(replayRetention: .seconds(seconds)) }
        _ = try ends.server(replayRetention: .insecureFreshnessWindowOnly)
    }

    @Test("A copy is rejected at any age, fresh or stale", arguments: [0, 1, 299.999, 300, 300.001, 301, 4000])
    func copiesInTime(age: TimeInterval) async throws {
        let server = try ends.server()
        #expect(try await server.rejection(ends.draft()) == nil)
        ends.clock.set(ClientAndServer.start.addingTimeInterval(age))
        #expect(try await server.rejection(ends.draft()) == (age <= 300 ? .replayed : .tokenStale))
        ends.clock.set(ClientAndServer.start)
        #expect(try await server.rejection(ends.draft()) == .replayed)
    }

    @Test("A full guard rejects requests, and accepts them again when earlier ones have expired")
    func fullGuard() async throws {
        let replayGuard = InMemoryReplayGuard(capacity: 4, capacityPerCaller: 2)
        let server = try ends.server(replayGuard: replayGuard)
        for (body, code) in [("1", nil), ("2", nil), ("3", .replayGuardFull), ("2", .replayed)]
            as [(String, KMError.Code?)]
        {
            #expect(try await server.rejection(ends.draft(Array(body.utf8))) == code)
        }
        ends.clock.set(ClientAndServer.start.addingTimeInterval(301))
        var draft = ends.draft(Array("3".utf8))
        draft.setTime("20270305123957000")
        #expect(try await server.rejection(draft) == nil)
        #expect(replayGuard.count == 1)
    }

    @Test("Empty bodies are rejected unless the configuration allows them")
    func emptyBodies() async throws {
        let draft = ends.draft([])
        #expect(try await ends.server().rejection(draft) == .emptyBody)
        let open = try ends.server(acceptsEmptyBodies: true)
        #expect(try await open.open(draft).parameters == [])
        #expect(try await open.rejection(draft) == .replayed)
        // Where encryption is required or possible, an empty body is malformed.
        for protection in [Protection.message, try .fields("$.physicalCardNo")] {
            #expect(
                try await ends.server(acceptsEmptyBodies: true).rejection(draft, protection: protection)
                    == .malformedJSON
            )
        }
        let optional = Endpoint(
            "/test",
            request: .init(insecureAcceptingPlain: .message),
            response: .init(.none)
        )
        await #expect(throws: KMError(.malformedJSON)) {
            try await ends.server(acceptsEmptyBodies: true).open(draft.fields(), [], for: optional)
        }
    }
}
