import Foundation
import HTTPTypes
import KMSecurity
import KMSecurityTestSupport
import Testing

/// The response to a rejected request, which must not reveal the reason.
@Suite("Public responses")
struct PublicResponseTests {
    private let ends: ClientAndServer
    private let server: ServerSecurity

    init() throws {
        ends = try ClientAndServer()
        server = try ends.server()
    }

    @Test("Every rejection code has the same response")
    func rejections() throws {
        let fields = try ends.draft().fields()
        for code in ErrorCodeTests.rejections {
            for error in [KMError(code), KMError(code, "a detail")] {
                let response = server.publicResponse(to: error, answering: fields)
                #expect(response.status == .badRequest)
                #expect(response.headers == [.kmCorrelationID: "270305123456-0a1b2c3"])
                #expect(
                    response.body
                        == Array(#"{"response":{"code":"000_002","message":"Invalid input parameter."}}"#.utf8)
                )
            }
        }
    }

    @Test("Requests rejected for different reasons get the same response")
    func rejectedRequests() async throws {
        var drafts: [RequestDraft] = []
        for change: (inout RequestDraft) throws -> Void in [
            { $0.aspID = "x" }, { $0.accessKey = String(repeating: "b", count: 40) },
            { $0.secretKey = try ClientAndServer.secretKey("x") }, { $0.setTime("20270305110000000") },
            { $0.body = Array(#"{"encData":"a.b.c.d.e"}"#.utf8) }, { $0.body = Array("{".utf8) }, { _ in },
            { $0.cryptoKeyID = String(repeating: "0", count: 32) }, { $0.tranTime = nil },
        ] {
            var draft = ends.draft()
            try change(&draft)
            drafts.append(draft)
        }
        var codes: Set<KMError.Code> = []
        var bodies: Set<[UInt8]> = []
        for draft in drafts {
            let error = await #expect(throws: KMError.self) { try await server.open(draft, protection: .message) }
            guard let error else { continue }
            codes.insert(error.code)
            let response = server.publicResponse(to: error, answering: try draft.fields())
            #expect(response.status == .badRequest)
            bodies.insert(response.body)
        }
        #expect(codes.count == 9)
        #expect(bodies.count == 1)
    }

    @Test("An error that the request did not cause has status 500 and no body")
    func ownFaults() throws {
        let fields = try ends.draft().fields()
        let errors: [any Error] = [
            KMError(.cryptographyUnavailable), KMError(.replayGuardFull, "full"), KMError(.clockSetBack),
            KMError(.certificateNotValid), KMError(.parametersNotEncodable), KMError(.configurationInvalid),
            KMError(.fileUnreadable), KMError(.keyringInvalid), KMError(.malformedKey), KMError(.passphraseWrong),
            KMError(.keyHalfMissing), KMError(KMError.Code("cardStoreDown")),
            Outage(text: "secret"),
            CancellationError(),
        ]
        for error in errors {
            let response = server.publicResponse(to: error, answering: fields)
            #expect(response.status == .internalServerError)
            #expect(response.body == [])
            #expect(response.headers == [.kmCorrelationID: "270305123456-0a1b2c3"])
        }
    }

    @Test(
        "A malformed correlation id is not echoed",
        arguments: [
            [], ["270305123456-0a1b2c"], ["270305123456-0a1b2cg"], ["271305123456-0a1b2c3"], ["<script>"], [""],
            ["270305123456-0a1b2c3", "270305123456-0a1b2c3"],
        ]
    )
    func malformedCorrelationID(values: [String]) throws {
        var fields = try ends.draft().fields()
        fields[values: .kmCorrelationID] = values
        for error in [KMError(.headerInvalid), KMError(.replayGuardFull)] {
            #expect(server.publicResponse(to: error, answering: fields).headers == [:])
        }
        #expect(server.reject(.notFoundIssuedCards, answering: fields).headers == [:])
    }

    @Test("Only the correlation id of a request is echoed")
    func nothingElse() throws {
        let fields = try ends.draft().fields()
        let response = server.reject(.invalidCardInfo, answering: fields)
        #expect(response.headers.count == 1)
        #expect(response.status == .badRequest)
        #expect(try PlatformError(parsing: response.body) == .invalidCardInfo)
    }
}
