#if Sandbox
import Foundation
import HTTPTypes
import KMDiagnosis
import KMPrimitives
import KMSecurity
import Testing

@testable import kmsandbox

@Suite("What the settings change in the record of a call") struct FaultTests {
    private static func make(_ changes: Locked<[StandingChange]> = Locked([])) throws -> Sandbox {
        try Sandbox(
            SandboxParties(seed: SandboxSeed(seed: nil), files: nil, timeZone: .kst),
            MemberStore(path: nil),
            endpoints: .documented,
            seed: nil,
            historyCount: 100
        ) { change in changes.withLock { $0.append(change) } }
    }

    private static func call(_ sandbox: Sandbox, level: RecordedCall.Level = .message) async throws -> RecordedCall {
        let order = TryIt.Order(profile: "documented", level: level, mistake: TryIt.Mistake.none)
        return try await TryIt(sandbox: sandbox).call(TestData.validJSON(), order)
    }

    private static func text(_ call: RecordedCall) throws -> String {
        try InterfaceJSON.text(CallDescription(call, isRevealed: false))
    }

    @Test(
        "A fault is named by the record, which shows the answer as the client sees it",
        arguments: SandboxSettings.Fault.allCases
    )
    func faults(_ fault: SandboxSettings.Fault) async throws {
        let sandbox = try Self.make()
        try sandbox.change(.init(fault: fault, delayMilliseconds: 1))
        for level in [RecordedCall.Level.message, .field] {
            let call = try await Self.call(sandbox, level: level)
            #expect(call.judgment.verdict == .accepted)
            guard fault != .none else {
                #expect(call.alterations.isEmpty && !call.judgment.summary.contains("on purpose"))
                #expect(call.responseJudgment == nil && call.responseParameters != nil)
                // The report masks card numbers, but no time.
                let time = try #require(call.request.headers.first { $0.name == .kmTranTime }?.value)
                #expect(CallExport(call: call, origin: "").report.contains("`\(time)`"))
                continue
            }
            let alteration = try #require(call.alterations.first)
            #expect(alteration.contains("made wrong on purpose: fault \(fault.rawValue)"))
            for text in [
                call.judgment.summary, try Self.text(call), CallExport(call: call, origin: "").report,
                try InterfaceJSON.text(CallSummary(call)),
            ] {
                #expect(text.contains("made wrong on purpose: fault \(fault.rawValue)"))
            }
            if fault == .slow {
                #expect(call.responseJudgment == nil && call.responseParameters != nil)
                #expect(call.resultCode == "000_000")
            } else {
                #expect(call.responseJudgment?.verdict == .rejected, "\(level)")
                #expect(call.responseParameters == nil && call.resultCode == nil, "\(level)")
            }
        }
    }

    @Test("A fault that cannot change an answer is not named") func unchanged() async throws {
        let sandbox = try Self.make()
        let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/open-api/nothing")
        for fault in [SandboxSettings.Fault.cutBody, .wrongKey] {
            try sandbox.change(.init(fault: fault))
            let (answer, call) = await sandbox.answer(head, [])
            #expect(answer.status == .notFound && answer.body.isEmpty)
            #expect(call.alterations.isEmpty && call.responseJudgment == nil)
        }
        try sandbox.change(.init(fault: .status500))
        #expect(await sandbox.answer(head, []).call.alterations.count == 1)
    }

    @Test("A moved clock is named by each call, also by one whose body was not read") func clock() async throws {
        let sandbox = try Self.make()
        try sandbox.change(.init(clockSkewSeconds: 5))
        let call = try await Self.call(sandbox)
        #expect(call.judgment.summary.contains("the sandbox's clock is 5 s fast on purpose: clockSkewSeconds 5"))
        let head = HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/open-api/x")
        _ = await sandbox.answer(unread: KMError(.limitExceeded, "too large"), head)
        let unread = try #require(sandbox.history.calls(after: call.number, nil, limit: 1).first)
        #expect(unread.alterations.count == 1 && unread.judgment.summary.contains("5 s fast on purpose"))
        try sandbox.change(.init(clockSkewSeconds: 0))
        #expect(try await Self.call(sandbox).alterations.isEmpty)
    }

    @Test("Both a fault and a moved clock are named") func both() async throws {
        let sandbox = try Self.make()
        try sandbox.change(.init(clockSkewSeconds: -5, fault: .status500))
        let call = try await Self.call(sandbox)
        #expect(call.alterations.count == 2)
        for part in ["5 s slow on purpose", "fault status-500"] { #expect(call.judgment.summary.contains(part)) }
    }

    @Test("A call under an inactive key is accepted, and its record names the state") func inactiveKey() async throws {
        let sandbox = try Self.make()
        let old = try #require(sandbox.parties.primary)
        for _ in 0..<3 { try sandbox.rotate() }
        #expect(sandbox.standingWarnings.map(\.text).contains { $0.contains("the key \(old.id.text) is inactive") })
        let client = try ClientSecurity(
            party: .serviceProvider(sandbox.parties.accessKey),
            aspID: sandbox.parties.aspID,
            secretKey: sandbox.parties.secretKey,
            keyring: CryptoKeyring(primary: old.clientFileKey.cryptoKey)
        )
        let sealed = try await client.seal(TestData.validJSON(), for: .waitingPhysicalCards)
        let head = sealed.httpRequest(scheme: "http", authority: "localhost", basePath: Sandbox.basePath, query: nil)
        let call = await sandbox.answer(head, sealed.body).call
        #expect(call.judgment.verdict == .accepted && call.response.status == .ok)
        #expect(call.judgment.summary.contains("the crypto key of this call is inactive"))
        #expect(try await Self.call(sandbox).alterations.isEmpty)
        try sandbox.rotate()
        #expect(sandbox.standingWarnings.isEmpty)
    }

    @Test("Each standing warning is reported when it begins and when it ends") func standing() throws {
        let changes = Locked<[StandingChange]>([])
        let sandbox = try Self.make(changes)
        func reported(_ body: () throws -> Void) throws -> [StandingChange] {
            changes.withLock { $0 = [] }
            try body()
            return changes.withLock { $0 }
        }
        let begin = try reported { try sandbox.change(.init(fault: .cutBody)) }
        guard case .began(let text) = begin.first, begin.count == 1 else {
            Issue.record("reported \(begin)")
            return
        }
        #expect(text.contains("the fault cut-body is set"))
        #expect(try reported { try sandbox.change(.init(fault: .cutBody)) }.isEmpty)
        let both = try reported { try sandbox.change(.init(clockSkewSeconds: 9, fault: SandboxSettings.Fault.none)) }
        #expect(both.first == .ended("the fault cut-body is no longer set") && both.count == 2)
        #expect(try reported { try sandbox.reset() } == [.ended("the sandbox's clock is no longer 9 s fast")])
        #expect(try reported { for _ in 0..<4 { try sandbox.rotate() } }.count == 2)
    }
}
#endif
