#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("The sandbox") struct SandboxTests {
    private static func parameters(_ change: (inout TestData.Parameters) -> Void = { _ in }) throws -> [UInt8] {
        var parameters = TestData.valid
        change(&parameters)
        return Array(try JSONEncoder().encode(parameters))
    }

    private static func make(
        seed: UInt64? = nil,
        files: String? = nil,
        state: String? = nil,
        historyCount: Int = 100
    ) throws -> Sandbox {
        try Sandbox(
            SandboxParties(
                seed: SandboxSeed(seed: seed),
                files: files.map(SandboxFiles.init(directory:)),
                timeZone: .kst
            ),
            MemberStore(path: state),
            endpoints: .documented,
            seed: seed,
            historyCount: historyCount
        )
    }

    private static func call(
        _ sandbox: Sandbox,
        _ mistake: TryIt.Mistake = .none,
        _ parameters: [UInt8]? = nil,
        level: RecordedCall.Level = .message,
        profile: String = "documented"
    ) async throws -> RecordedCall {
        let order = TryIt.Order(profile: profile, level: level, mistake: mistake)
        return try await TryIt(sandbox: sandbox).call(parameters ?? Self.parameters(), order)
    }

    @Test("Each test case has its result in both profiles and at both levels", arguments: ["documented", "gateway"])
    func cases(_ profile: String) async throws {
        let sandbox = try Self.make()
        for level in [RecordedCall.Level.message, .field] {
            for test in TestData.cases {
                let parameters = Array(try JSONEncoder().encode(test.parameters))
                let call = try await Self.call(sandbox, .none, parameters, level: level, profile: profile)
                #expect(call.response.status.code == test.expected.status, "\(test.name)")
                #expect(call.resultCode == test.expected.code, "\(test.name)")
                #expect(call.level == level && call.profile?.name == profile)
                let isInvalid = test.expected.code == "000_002"
                #expect(call.judgment.verdict == (isInvalid ? .rejected : .accepted), "\(test.name)")
            }
        }
    }

    @Test("A copy is rejected, and the judgment says since when it is one") func replay() async throws {
        let sandbox = try Self.make()
        let first = try await Self.call(sandbox)
        let head = HTTPRequest(
            method: .post,
            scheme: "http",
            authority: "localhost",
            path: first.request.path,
            headerFields: first.request.headers
        )
        let copy = await sandbox.answer(head, first.request.body).call
        #expect(copy.judgment.code == "replayed" && copy.response.status == .badRequest)
        #expect(copy.judgment.firstFailure?.cause == "replayed")
    }

    @Test("Every mistake of Try it is rejected", arguments: TryIt.Mistake.allCases.filter { $0 != .none })
    func mistakes(_ mistake: TryIt.Mistake) async throws {
        let call = try await Self.call(Self.make(), mistake)
        #expect(call.judgment.verdict == .rejected && call.response.status == .badRequest)
        #expect(call.judgment.firstFailure?.fix != nil)
    }

    @Test("A client follows a rotation through all steps") func rotation() async throws {
        let sandbox = try Self.make()
        let old = sandbox.parties.currentKeys.primaryID
        var states: [[CryptoKey.State]] = []
        for _ in 0..<8 {
            _ = try sandbox.parties.rotate()
            states.append(sandbox.parties.currentKeys.all.map(\.state))
            let call = try await Self.call(sandbox)
            #expect(call.judgment.verdict == .accepted)
            #expect(call.request.headers[.kmCryptoKeyID] == sandbox.parties.currentKeys.primaryID.text)
        }
        let expected: [[CryptoKey.State]] = [
            [.active, .active, .active], [.active, .active, .active], [.active, .inactive, .active],
            [.active, .discarded, .active],
        ]
        #expect(states == expected + expected)
        #expect(sandbox.parties.currentKeys.primaryID != old)
        #expect(sandbox.parties.currentKeys.all.count == 3)
    }

    @Test("A clock that is moved makes calls stale, and a right one accepts them again") func clock() async throws {
        let sandbox = try Self.make()
        for seconds in [500, -500, 0] {
            try sandbox.change(.init(clockSkewSeconds: seconds, fault: nil, delayMilliseconds: nil))
            let call = try await Self.call(sandbox)
            #expect(call.judgment.code == (seconds == 0 ? nil : "tokenStale"))
        }
        #expect(throws: KMError(.settingInvalid)) {
            try sandbox.change(.init(clockSkewSeconds: 100_000, fault: nil, delayMilliseconds: nil))
        }
    }

    @Test("Each fault damages the answer, and the client notices") func faults() async throws {
        let sandbox = try Self.make()
        let client = ResponseJudge(keyring: sandbox.parties.clientKeyring)
        for fault in SandboxSettings.Fault.allCases {
            try sandbox.change(.init(clockSkewSeconds: nil, fault: fault, delayMilliseconds: 50))
            let call = try await Self.call(sandbox)
            let judgment = await client.judge(
                call.response,
                to: .waitingPhysicalCards,
                requestHeaders: call.request.headers
            ).judgment
            #expect(call.judgment.verdict == .accepted)
            let isRight = fault == .none || fault == .slow
            #expect(judgment.verdict == (isRight ? .accepted : .rejected), "\(fault)")
            if fault == .slow { #expect(call.duration >= .milliseconds(50)) }
        }
    }

    @Test("The history keeps the newest calls, and counts all") func history() async throws {
        let sandbox = try Self.make(historyCount: 3)
        for _ in 0..<5 { _ = try await Self.call(sandbox) }
        _ = try await Self.call(sandbox, .plain)
        let kept = sandbox.history.calls(after: 0, nil, limit: 100)
        #expect(kept.map(\.number) == [4, 5, 6])
        #expect(sandbox.history.calls(after: 4, .accepted, limit: 100).map(\.number) == [5])
        #expect(sandbox.history.calls(after: 0, nil, limit: 1).map(\.number) == [6])
        #expect(sandbox.history.call(1) == nil && sandbox.history.call(6)?.judgment.verdict == .rejected)
        let (counts, count) = sandbox.history.counts
        #expect(counts.all == 6 && counts.accepted == 5 && counts.rejected == 1 && count == 3)
        sandbox.history.clear()
        #expect(sandbox.history.counts.kept == 0)
    }

    @Test("The history is bounded in bytes") func historyBytes() async throws {
        let sandbox = try Self.make(historyCount: 1000)
        let body = Array(repeating: UInt8(ascii: " "), count: 1 << 20)
        for _ in 0..<300 {
            let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/open-api/x")
            _ = await sandbox.answer(head, body)
        }
        let calls = sandbox.history.calls(after: 0, nil, limit: 1000)
        #expect(calls.count < 300 && calls.map(\.byteCount).reduce(0, +) <= 64 << 20)
        #expect(calls.allSatisfy { $0.request.body.count == RecordedCall.maximumBodyByteCount })
    }

    @Test("Nothing that is described has card data or a token, unless it is revealed") func masking() async throws {
        let sandbox = try Self.make()
        for (mistake, level) in [(TryIt.Mistake.none, RecordedCall.Level.message), (.none, .field), (.plain, .plain)] {
            let call = try await Self.call(sandbox, mistake, nil, level: level)
            let token = try #require(call.request.headers[.kmTranToken])
            let hidden = [
                try InterfaceJSON.text(CallDescription(call, isRevealed: false)),
                try InterfaceJSON.text(CallSummary(call)), CallExport(call: call, origin: "").report,
            ]
            for text in hidden {
                #expect(!text.contains("9491339401250765") && !text.contains("0000001000000016"))
                #expect(!text.contains(#"\"211\""#) && !text.contains(#"\"305\""#))
                #expect(!text.contains(token) && !text.contains(sandbox.parties.accessKey.text))
            }
            let shown = try InterfaceJSON.text(CallDescription(call, isRevealed: true))
            #expect(shown.contains("9491339401250765") && shown.contains(token))
        }
    }

    @Test("A card number that may be real is reported and not kept") func realNumbers() async throws {
        let sandbox = try Self.make()
        // The test number that Visa's processors publish.
        let parameters = try Self.parameters { $0.physicalCardNo = "4111111111111111" }
        let number = try await Self.call(sandbox, .none, parameters).number
        let call = try #require(sandbox.history.call(number))
        #expect(call.judgment.warnings.contains { $0.contains("may be a real card number") })
        #expect(!(try InterfaceJSON.text(CallDescription(call, isRevealed: true))).contains("4111111111111111"))
        let test = try await Self.call(sandbox)
        #expect(sandbox.history.call(test.number)?.judgment.warnings == [])
    }

    @Test("A seed repeats ids, secret and PARs, and another seed does not") func seed() async throws {
        let runs = try [7, 7, 8].map { try Self.make(seed: $0) }
        let ids = runs.map {
            "\($0.parties.accessKey.text) \($0.parties.secretText) \($0.parties.currentKeys.primaryID.text)"
        }
        #expect(ids[0] == ids[1] && ids[0] != ids[2])
        var answers: [[UInt8]?] = []
        for sandbox in runs { answers.append(try await Self.call(sandbox).responseParameters) }
        #expect(answers[0] == answers[1] && answers[0] != answers[2])
    }

    @Test("The files of a run give the next one the same credentials") func files() async throws {
        let folder = try TestFolder()
        let first = try Self.make(files: folder.path("keys"))
        let second = try Self.make(files: folder.path("keys"))
        #expect(try first.parties.credentialsFile().json() == second.parties.credentialsFile().json())
        let modes = try FileManager.default.contentsOfDirectory(atPath: folder.path("keys")).map { name in
            let path = folder.path("keys/\(name)")
            return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        }
        #expect(modes.count >= 13 && Set(modes) == [0o600])
        #expect(try await Self.call(second).judgment.verdict == .accepted)
    }

    @Test("The state file keeps members and cards; a damaged one is reported") func state() async throws {
        let folder = try TestFolder()
        let path = folder.path("state.json")
        let store = try MemberStore(path: path)
        try store.register(5)
        let card = Member.Card(cardNo: "0000000000002022", expDate: "3001", cvc: "123", applications: [])
        #expect(try store.add(card, to: 5) && !store.add(card, to: 6))
        #expect(try MemberStore(path: path).member(5)?.cards == [card])
        try store.reset()
        #expect(try MemberStore(path: path).member(5) == nil)
        for text in ["", "{", "[]", #"{"version":2,"members":[]}"#, #"{"version":1,"members":[{"userId":"x"}]}"#] {
            try folder.write(text, to: "state.json")
            #expect(throws: KMError(.stateInvalid)) { try MemberStore(path: path) }
        }
    }
}
#endif
