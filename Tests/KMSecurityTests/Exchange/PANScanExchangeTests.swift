import Foundation
import HTTPTypes
import KMDiagnosis
import KMSecurity
import KMSecurityTestSupport
import Testing

/// Runs the PAN scanner on what a client and a server send and log.
@Suite("Protected calls and their logs hold no card number")
struct PANScanExchangeTests {
    private let ends: ClientAndServer

    init() throws {
        ends = try ClientAndServer()
    }

    @Test("Plain parameters contain a card number, and parameters sealed at message or field level contain none")
    func bodies() throws {
        let client = try ends.client()
        #expect(panFindings(ClientAndServer.parameters).map(\.jsonPath) == ["$.physicalCardNo"])
        for protection in try [Protection.message, .fields("$.physicalCardNo")] {
            let request = try client.seal(ClientAndServer.parameters, protection: protection)
            #expect(panFindings(request.body).isEmpty)
            let headers = request.headers.map { "\($0.name): \($0.value)" }.joined(separator: "\n")
            #expect(panFindings(headers).isEmpty)
        }
        let plain = try client.seal(ClientAndServer.parameters, protection: .none)
        #expect(panFindings(plain.body).count == 1)
    }

    @Test("A server's log of accepted and rejected requests contains no card number")
    func log() async throws {
        let log = CapturedLog()
        let server = try ends.server(logger: log.logger)
        let request = try ends.client().seal(ClientAndServer.parameters, protection: .message)
        _ = try await server.open(request)
        _ = try? await server.open(request)
        var draft = ends.draft()
        draft.body = ClientAndServer.parameters
        _ = try? await server.open(draft)
        #expect(log.records.count == 3)
        #expect(panFindings(log.records.map(\.text).joined(separator: "\n")).isEmpty)
    }
}

private func panFindings(_ text: [UInt8]) -> [PANFinding] { PANScanner.findings(in: text.span) }

private func panFindings(_ text: String) -> [PANFinding] { panFindings(Array(text.utf8)) }
