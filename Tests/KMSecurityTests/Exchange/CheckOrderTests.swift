import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Testing

/// A request with several faults is rejected for the first one, and no later step runs.
@Suite("The order of checks")
struct CheckOrderTests {
    enum Step: Int, CaseIterable, Comparable, CustomTestStringConvertible {
        case size, form, tokenTime, correlationTime, caller, token, validity, aspID, freshness, keyNamed
        case replay, decryption, nothing

        static func < (left: Step, right: Step) -> Bool { left.rawValue < right.rawValue }

        var testDescription: String { "\(self)" }

        var code: KMError.Code? {
            switch self {
            case .size: .limitExceeded
            case .form: .headerInvalid
            case .tokenTime, .correlationTime: .timeMismatch
            case .caller, .aspID: .callerUnknown
            case .token: .tokenMismatch
            case .validity: .credentialNotValid
            case .freshness: .tokenStale
            case .replay: .replayed
            case .keyNamed: .headerMissing
            case .decryption: .authenticationFailed
            case .nothing: nil
            }
        }
    }

    private let ends: ClientAndServer
    private let expired: SecretKey

    init() throws {
        ends = try ClientAndServer()
        expired = try ClientAndServer.secretKey("last year's")
    }

    /// Returns a request that is wrong at `step` and, if asked for, at all later steps.
    private func draft(_ step: Step, andLater: Bool) throws -> RequestDraft {
        func isWrong(_ other: Step) -> Bool { other == step || (andLater && other > step) }
        var draft = ends.draft(try ends.client().seal(ClientAndServer.parameters, protection: .message).body)
        if isWrong(.decryption) {
            // Another base64url character in the tag.
            let place = draft.body.count - 10
            draft.body[place] = draft.body[place] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
        }
        if isWrong(.keyNamed) { draft.cryptoKeyID = nil }
        if isWrong(.freshness) { draft.setTime("20270305122956788") }
        if isWrong(.aspID) { draft.aspID = "000170000000001" }
        if isWrong(.validity) { draft.secretKey = expired }
        if isWrong(.token) { draft.secretKey = try ClientAndServer.secretKey("another") }
        if isWrong(.caller) { draft.accessKey = String(repeating: "9", count: 40) }
        if isWrong(.correlationTime) { draft.correlationID = "270305113456-0a1b2c3" }
        if isWrong(.tokenTime) { draft.tokenTime = "20270305123501000" }
        if isWrong(.form) { draft.aspID = "00017000000000" }
        if isWrong(.size) { draft.body += [UInt8](repeating: 0x20, count: 4096) }
        return draft
    }

    private func check(_ step: Step, andLater: Bool) async throws {
        let always = try ClientAndServer.secretKey(ClientAndServer.secretText)
        let old = ClientAndServer.start.addingTimeInterval(-86_400)...ClientAndServer.start.addingTimeInterval(-1)
        let credentials = CountingCredentials([
            .accessKey(ends.accessKey): [
                Credential(name: "now", secretKey: always, aspID: ends.aspID, cryptoKeyIDs: .insecureAny),
                Credential(
                    name: "then",
                    secretKey: expired,
                    aspID: ends.aspID,
                    cryptoKeyIDs: .insecureAny,
                    validity: old
                ),
            ]
        ])
        let isReplayed = step == .replay || (andLater && step < .replay)
        let replayGuard = CountingGuard(isReplayed ? .replayed : .first)
        let server = try ends.server(
            credentials: credentials,
            replayGuard: replayGuard,
            limits: ParameterLimits(maximumBodyByteCount: 4096)
        )
        let code = try await server.rejection(draft(step, andLater: andLater), protection: .message)
        #expect(code == step.code)
        #expect(credentials.callers.count == (step < .caller ? 0 : 1))
        #expect(replayGuard.claimed.count == (step < .replay ? 0 : 1))
    }

    @Test(arguments: Step.allCases)
    func aRequestWithSeveralFaultsIsRejectedForTheFirst(step: Step) async throws {
        try await check(step, andLater: true)
    }

    @Test(arguments: Step.allCases)
    func aRequestWithOneFaultIsRejectedForIt(step: Step) async throws {
        try await check(step, andLater: false)
    }

    @Test(
        "If the replay guard is full or fails, the request is rejected before decryption",
        arguments: [ReplayClaim.full(limit: 1), .callerFull(limit: 1), nil]
    )
    func guardThatIsFullOrFails(claim: ReplayClaim?) async throws {
        let replayGuard = CountingGuard(claim)
        let server = try ends.server(replayGuard: replayGuard)
        // If the server decrypted first, the second request would be rejected with another code.
        for step in [Step.nothing, .decryption] {
            let draft = try draft(step, andLater: false)
            if claim == nil {
                await #expect(throws: Outage.self) { try await server.open(draft, protection: .message) }
            } else {
                await #expect(throws: KMError(.replayGuardFull)) { try await server.open(draft, protection: .message) }
            }
        }
        #expect(replayGuard.claimed.count == 2)
    }

    @Test("A request is rejected if the credential source fails")
    func sourceThatFails() async throws {
        struct Failing: CredentialSource {
            func credentials(for caller: Caller) async throws -> [Credential] { throw Outage(text: "") }
        }
        let replayGuard = CountingGuard(.first)
        let server = try ends.server(credentials: Failing(), replayGuard: replayGuard)
        await #expect(throws: Outage.self) { try await server.open(ends.draft()) }
        #expect(replayGuard.claimed.isEmpty)
    }

    @Test("A request that is rejected before the replay check is not remembered")
    func rejectedRequestsTakeNoRoom() async throws {
        let replayGuard = InMemoryReplayGuard()
        let server = try ends.server(replayGuard: replayGuard)
        for step in Step.allCases where step < .replay && step != .validity && step != .aspID && step != .size {
            #expect(try await server.rejection(draft(step, andLater: false), protection: .message) == step.code)
            #expect(replayGuard.count == 0)
        }
        // The forgeries do not block the genuine request.
        _ = try await server.open(draft(.nothing, andLater: false), protection: .message)
        #expect(replayGuard.count == 1)
    }
}
