import KMSecurityTestSupport
import Testing

@testable import KMSecurity

/// Inputs at and above the limits of size, depth and number of fields.
///
/// A rejected input must be rejected before the work is done. An accepted input must take time in proportion to its
/// size: a quadratic step would take hours and exceed the time limit.
@Suite("Field-level limits", .timeLimit(.minutes(10)))
struct FieldLimitTests {
    private let standard: ParameterCipher
    private let roomy: ParameterCipher

    init() throws {
        standard = try FieldFixture.cipher()
        roomy = try FieldFixture.cipher(
            limits: ParameterLimits(maximumBodyByteCount: 64 << 20, maximumDepth: 200_000, maximumFieldCount: 20_000)
        )
    }

    private func nested(_ levels: Int) -> String {
        String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
    }

    @Test("100,000 levels, in and beside a field, are rejected early, and accepted where the limit allows them")
    func depth() throws {
        let documents = [
            #"{"a":\#(nested(100_000))}"#, #"{"b":\#(nested(100_000)),"a":1}"#, String(repeating: "[", count: 100_000),
            String(repeating: #"{"a":"#, count: 100_000),
        ]
        for document in documents {
            let time = ContinuousClock().measure {
                #expect(throws: KMError(.limitExceeded)) { try standard.seal(document, ["$.a"]) }
                #expect(throws: KMError(.limitExceeded)) { try standard.open(Array(document.utf8), ["$.a"]) }
            }
            #expect(time < .seconds(60))
        }
        for document in documents.prefix(2) {
            #expect(try roomy.open(roomy.seal(document, ["$.a"]), ["$.a"]).text == document)
        }
        #expect(throws: KMError(.malformedJSON)) { try roomy.seal(documents[2], ["$.a"]) }
    }

    @Test("64 levels are accepted and 65 are rejected, as documented")
    func depthEdge() throws {
        let path = "$" + String(repeating: "[0]", count: 63)
        let deep = nested(63).replacing("[]", with: "[[1]]")
        #expect(try standard.open(standard.seal(deep, [path]), [path]).text == deep)
        #expect(throws: KMError(.limitExceeded)) { try standard.seal("[\(deep)]", [path]) }
    }

    @Test("A body of 64 MiB is rejected unread, at field and message level")
    func size() throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 64 << 20)
        let selection = try FieldSelection(["$.a"])
        let time = ContinuousClock().measure {
            #expect(throws: KMError(.limitExceeded)) { try standard.sealFields(body, selection) }
            #expect(throws: KMError(.limitExceeded)) {
                try standard.seal(body, .message, under: FieldFixture.id, at: FieldFixture.now)
            }
            #expect(throws: KMError(.limitExceeded)) { try standard.open(body, ["$.a"]) }
            #expect(throws: KMError(.limitExceeded)) { try standard.openWhole(body) }
        }
        #expect(time < .seconds(60))
    }

    @Test("A body of 8 MiB is accepted where the limit allows it, and rejected one byte above the limit")
    func allowedSize() throws {
        let filler = String(repeating: "0123456789abcdef", count: 1 << 18)
        let document = #"{"a":"\#(filler)","b":"\#(filler)"}"#
        let body = try roomy.seal(document, ["$.a"])
        #expect(try roomy.open(body, ["$.a"]) == Array(document.utf8))
        let exact = try FieldFixture.cipher(limits: ParameterLimits(maximumBodyByteCount: body.count))
        #expect(try exact.open(body, ["$.a"]).count == document.utf8.count)
        #expect(try exact.seal(document, ["$.a"]).count == body.count)
        let short = try FieldFixture.cipher(limits: ParameterLimits(maximumBodyByteCount: body.count - 1))
        #expect(throws: KMError(.limitExceeded)) { try short.open(body, ["$.a"]) }
        // A sender seals nothing that a receiver with the same limits would reject.
        #expect(throws: KMError(.limitExceeded)) { try short.seal(document, ["$.a"]) }
    }

    @Test("10,000 fields are rejected by default, and accepted where the limit allows them")
    func fieldCount() throws {
        let document = "[" + (0..<10_000).map(String.init).joined(separator: ",") + "]"
        #expect(throws: KMError(.limitExceeded)) { try standard.seal(document, ["$[*]"]) }
        let body = try roomy.seal(document, ["$[*]"])
        #expect(try roomy.open(body, ["$[*]"]).text == document)
        let fewer = try FieldFixture.cipher(
            limits: ParameterLimits(maximumBodyByteCount: body.count, maximumFieldCount: 9999)
        )
        #expect(throws: KMError(.limitExceeded)) { try fewer.open(body, ["$[*]"]) }
        let justEnough = try FieldFixture.cipher(
            limits: ParameterLimits(maximumBodyByteCount: body.count, maximumFieldCount: 10_000)
        )
        #expect(try justEnough.open(body, ["$[*]"]).text == document)
    }

    @Test("A name whose path makes the header too large is rejected, and shorter names open")
    func headerSize() throws {
        var (sealed, rejected) = (1, 8192)
        while rejected - sealed > 1 {
            let count = (sealed + rejected) / 2
            let document = #"{"\#(String(repeating: "n", count: count))":1}"#
            let body: [UInt8]
            do {
                body = try standard.seal(document, ["$[*]"])
            } catch let error as KMError {
                #expect(error.code == .limitExceeded)
                rejected = count
                continue
            }
            #expect(try standard.open(body, ["$[*]"]).text == document)
            sealed = count
        }
        #expect((3900...4096).contains(sealed))
    }

    @Test("A path that is too long for a header is rejected at once, not again for each of its fields")
    func longPaths() throws {
        let name = String(repeating: "n", count: 500_000)
        let fields = (0..<1000).map { #""\#($0)":"x""# }.joined(separator: ",")
        let body = Array(#"{"\#(name)":{\#(fields)}}"#.utf8)
        #expect(throws: KMError(.limitExceeded)) { try standard.open(body, ["$[*][*]"]) }
        #expect(throws: KMError(.limitExceeded)) { try standard.seal(body.text, ["$[*][*]"]) }
    }

    @Test("An object of 100,000 names with the same prefix is read once, and a duplicate name is found")
    func names() throws {
        func object(last: Int) -> String {
            let names = Array(100_000..<199_999) + [last]
            return "{" + names.map { #""a name that begins like all others \#($0)":0"# }.joined(separator: ",") + "}"
        }
        #expect(throws: KMError(.fieldMissing)) { try roomy.seal(object(last: 199_999), ["$[*].x"]) }
        #expect(throws: KMError(.malformedJSON)) { try roomy.seal(object(last: 100_000), ["$[*].x"]) }
        #expect(throws: KMError(.limitExceeded)) { try roomy.seal(object(last: 199_999), ["$[*]"]) }
    }

    @Test("A long name with escapes is not decoded again for each path")
    func escapedName() throws {
        let document = #"{"\u006e\#(String(repeating: "n", count: 1_000_000))":0,"p0":1}"#
        func time(_ pathCount: Int) throws -> Duration {
            let paths = try FieldSelection((0..<pathCount).map { "$.p\($0)" }, presence: .optional)
            return try ContinuousClock().measure { _ = try standard.sealFields(Array(document.utf8), paths) }
        }
        _ = try time(1)
        #expect(try time(256) < time(1) * 20)
    }

    @Test("A selection has 1 to 256 paths")
    func pathCount() throws {
        let paths = (0..<257).map { "$.p\($0)" }
        let document = "{" + (0..<256).map { #""p\#($0)":\#($0)"# }.joined(separator: ",") + "}"
        let most = Array(paths.prefix(256))
        #expect(try standard.open(standard.seal(document, most), most).text == document)
        #expect(throws: KMError(.limitExceeded)) { try FieldSelection(paths) }
        #expect(throws: KMError(.limitExceeded)) { try FieldSelection([String]()) }
    }
}
