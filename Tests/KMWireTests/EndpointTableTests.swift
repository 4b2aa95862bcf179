import Foundation
import HTTPTypes
import KMJSON
import KMPrimitives
import KMTestSupport
import KMWire
import Testing

/// Reads endpoint tables from JSON and finds endpoints in them.
@Suite struct EndpointTableTests {
    private func table(_ endpoints: String, version: String = "1") throws -> EndpointTable {
        try EndpointTable(parsing: Array(#"{"version":\#(version),"endpoints":[\#(endpoints)]}"#.utf8))
    }

    private func endpoint(_ request: String, _ response: String = #"{"protection":"plain"}"#) -> String {
        #"{"method":"POST","path":"/a","request":\#(request),"response":\#(response)}"#
    }

    @Test func documentedEndpointsAreFound() throws {
        let table = EndpointTable.documented
        #expect(table.endpoints.count == 16)
        #expect(try table.endpoint(.post, "/api/v1/issued-cards/pre-issue/waiting/physical") == .waitingPhysicalCards)
        #expect(try table.endpoint(.post, "/api/v1/user/card/info?x=1").request == .message)
        #expect(try table.endpoint(.post, "/api/v1/user/card/list").request == .plain)
        let payment = try table.endpoint(.post, "/api/v1/payment/no-hce")
        #expect(payment.response == .init(insecureAcceptingPlain: .message))
    }

    @Test func pathsAreComparedByteForByte() throws {
        let table = try EndpointTable([Endpoint("/a"), Endpoint("/K")])
        #expect(try table.endpoint(.post, "/a").path == "/a")
        #expect(rejection { try table.endpoint(.post, "/\u{212A}") } == .endpointUnknown)
        #expect(try table.endpoint(.post, "/a?b=/c").path == "/a")
        for (method, path) in [
            (HTTPRequest.Method.get, "/a"), (.post, "/A"), (.post, "/a/"), (.post, "//a"), (.post, "/%61"),
            (.post, "/a#b"),
            (.post, "/a\u{301}"), (.post, ""), (.post, "?"), (.post, "/b/../a"),
        ] {
            #expect(rejection { try table.endpoint(method, path) } == .endpointUnknown, "\(method) \(path)")
        }
    }

    @Test func rulesAreRead() throws {
        let fields = #"{"protection":"fields","fields":["$.a","$.b[*].c"],"presence":"atLeastOnce"}"#
        let plain = #"{"insecureAcceptingPlain":true,"protection":"message"}"#
        let read = try #require(table(endpoint(fields, plain)).endpoints.first)
        let selection = try FieldSelection(["$.a", "$.b[*].c"], presence: .atLeastOnce)
        #expect(read.request == .init(.fields(selection)))
        #expect(read.response == .init(insecureAcceptingPlain: .message))
        let usual = try #require(table(endpoint(#"{"protection":"fields","fields":["$.a"]}"#)).endpoints.first)
        #expect(usual.request == .init(try .fields("$.a")))
    }

    @Test(arguments: [
        #"{"protection":"plain","protection":"message"}"#, #"{"protection":"none"}"#, #"{"protection":null}"#, "{}",
        "[]",
        #"{"protection":"message","fields":["$.a"]}"#, #"{"protection":"message","presence":"optional"}"#,
        #"{"protection":"fields"}"#, #"{"protection":"fields","fields":[1]}"#,
        #"{"protection":"fields","fields":["$.a"],"presence":"often"}"#, #"{"protection":"message","insecure":true}"#,
        #"{"protection":"message","insecureAcceptingPlain":"yes"}"#,
        #"{"protection":"message","Protection":"plain"}"#,
    ])
    func malformedRulesAreRejected(_ rule: String) {
        #expect(rejection { try table(endpoint(rule)) } == .malformedEndpointTable)
    }

    @Test func pathsOfFieldsAreChecked() {
        func code(_ paths: String) -> KMError.Code? {
            rejection { try table(endpoint(#"{"protection":"fields","fields":[\#(paths)]}"#)) }
        }
        #expect(code(#""a""#) == .pathMalformed)
        #expect(code(#""$..a""#) == .pathUnsupported)
        #expect(code(#""$.a","$.a.b""#) == .pathsOverlap)
        #expect(code("") == .limitExceeded)
        #expect(code((0...256).map { #""$.a\#($0)""# }.joined(separator: ",")) == .malformedEndpointTable)
    }

    @Test(arguments: [
        #"{"path":"/a","request":{"protection":"plain"},"response":{"protection":"plain"}}"#,
        #"{"method":"post","path":"/a","request":{"protection":"plain"},"response":{"protection":"plain"}}"#,
        #"{"method":"","path":"/a","request":{"protection":"plain"},"response":{"protection":"plain"}}"#,
        #"{"method":"POST","path":"a","request":{"protection":"plain"},"response":{"protection":"plain"}}"#,
        #"{"method":"POST","path":"/a?b","request":{"protection":"plain"},"response":{"protection":"plain"}}"#,
        #"{"method":"POST","path":"/\u00e4","request":{"protection":"plain"},"response":{"protection":"plain"}}"#,
        #"{"method":"POST","path":"/a","request":{"protection":"plain"}}"#,
        #"{"method":"POST","path":"/a","request":{"protection":"plain"},"response":{"protection":"plain"},"x":1}"#,
    ])
    func malformedEndpointsAreRejected(_ text: String) {
        #expect(rejection { try table(text) } == .malformedEndpointTable)
    }

    @Test func malformedTablesAreRejected() throws {
        let endpoint = endpoint(#"{"protection":"message"}"#)
        #expect(rejection { try table("\(endpoint),\(endpoint)") } == .malformedEndpointTable)
        #expect(rejection { try table(endpoint, version: "2") } == .malformedEndpointTable)
        #expect(rejection { try table(endpoint, version: "1.0") } == .malformedEndpointTable)
        for text in ["[]", "{}", #"{"version":1}"#, #"{"endpoints":[]}"#, #"{"version":1,"endpoints":{}}"#, "1"] {
            #expect(rejection { try EndpointTable(parsing: Array(text.utf8)) } == .malformedEndpointTable, "\(text)")
        }
        for text in ["", "{", #"{"version":1,"endpoints":[]} x"#, #"{"version":1,"endpoints":[]}{}"#] {
            #expect(rejection { try EndpointTable(parsing: Array(text.utf8)) } == .malformedJSON, "\(text)")
        }
        let large = [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20) + Array("{}".utf8)
        #expect(rejection { try EndpointTable(parsing: large) } == .limitExceeded)
    }

    @Test func damagedTablesAreReadOrRejected() throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Sources/KMWire/Endpoints/endpoints.json")
        let text = Array(try Data(contentsOf: url))
        #expect(try EndpointTable(parsing: text).endpoints == EndpointTable.documented.endpoints)
        var generator = SeededGenerator(seed: 12)
        for _ in 0..<Effort.rounds(8000) {
            var damaged = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: damaged.indices, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: damaged[index] = UInt8.random(in: 0...255, using: &generator)
                case 1: damaged.remove(at: index)
                default: damaged.removeSubrange(index..<min(damaged.count, index + 40))
                }
            }
            _ = try? EndpointTable(parsing: damaged)
        }
    }
}
