import Foundation
import KMJOSE
import KMSecurityTestSupport
import Testing

@testable import KMSecurity

/// Generated documents and paths, compared with the slow reference implementation.
@Suite("Fields of generated documents")
struct FieldRoundTripTests {
    private static let documentCount = 16

    @Test(
        "Documents come back byte for byte, and their fields match the reference",
        arguments: GeneratedFieldCase.seeds
    )
    func roundTrip(seed: UInt64) throws {
        let cipher = try FieldFixture.cipher(seed % 2 == 0 ? .documented : .gateway)
        let bound = try seed % 3 == 0 ? nil : FieldFixture.correlationID(Int(seed % 1000))
        for number in 0..<Self.documentCount {
            let made = try GeneratedFieldCase(seed: seed, number: number)
            let place = Comment(rawValue: "seed \(seed), document \(number): \(made)")
            guard made.codes.isEmpty else {
                // If a document has several faults, any of them may be reported, but one must be.
                let error = #expect(throws: KMError.self, place) {
                    _ = try cipher.sealFields(made.text, made.selection, bound)
                }
                #expect(error.map { made.codes.contains($0.code) } == true, place)
                continue
            }
            let body = try cipher.sealFields(made.text, made.selection, bound)
            try check(body, made, place, bound, cipher.profile)
            let opened = try cipher.openFields(body, made.selection, bound)
            #expect(opened == made.text, place)
        }
    }

    /// Compares a sealed body with its document, value by value.
    private func check(
        _ body: [UInt8],
        _ made: GeneratedFieldCase,
        _ place: Comment,
        _ bound: CorrelationID?,
        _ profile: WireProfile
    ) throws {
        var (at, copied) = (0, 0)
        var keys: Set<String> = []
        var ivs: Set<String> = []
        for hit in made.hits {
            let untouched = made.text[copied..<hit.range.lowerBound]
            try #require(body[at...].starts(with: untouched), place)
            at += untouched.count
            try #require(body[at] == UInt8(ascii: "\""), place)
            let end = try #require(body[(at + 1)...].firstIndex(of: UInt8(ascii: "\"")), place)
            let parts = Array(body[at + 1..<end]).text.split(separator: ".", omittingEmptySubsequences: false)
            try #require(parts.count == 5, place)
            let header = try #require(Self.bytes(parts[0]), place)
            let expected = [
                "alg": "RSA-OAEP-256", "enc": profile == .documented ? "A256GCM" : "A128GCM",
                "kid": try FieldFixture.id.text as String?, "cty": "json", "path": hit.path, "cid": bound?.text,
            ].compactMapValues { $0 }
            let found = try JSONSerialization.jsonObject(with: Data(header)) as? [String: String]
            #expect(found?.mapValues { Array($0.utf8) } == expected.mapValues { Array($0.utf8) }, place)
            #expect(Self.bytes(parts[3])?.count == hit.range.count, place)
            keys.insert(String(parts[1]))
            ivs.insert(String(parts[2]))
            at = end + 1
            copied = hit.range.upperBound
        }
        #expect(Array(body[at...]) == Array(made.text[copied...]), place)
        #expect(keys.count <= 1, place)
        #expect(ivs.count == made.hits.count, place)
    }

    private static func bytes(_ text: Substring) -> [UInt8]? {
        Base64.url.decode(text.utf8.span)
    }

    @Test("A selection of overlapping paths is rejected", arguments: GeneratedFieldCase.seeds)
    func overlap(seed: UInt64) throws {
        for number in 0..<Self.documentCount {
            let made = try GeneratedFieldCase(seed: seed, number: number)
            for (holder, held) in made.overlaps {
                let place: Comment = "seed \(seed), document \(number): \(holder) holds \(held)"
                #expect(throws: KMError(.pathsOverlap), place) { try FieldSelection([holder, held]) }
                #expect(throws: KMError(.pathsOverlap), place) { try FieldSelection([held, holder]) }
            }
        }
    }

    /// Checks the generator, since easy cases alone would prove little.
    @Test("The generated cases are of every kind")
    func variety() throws {
        var codes: Set<KMError.Code> = []
        var (fields, overlaps, most) = (0, 0, 0)
        for seed in UInt64(1)...24 {
            for number in 0..<Self.documentCount {
                let made = try GeneratedFieldCase(seed: seed, number: number)
                codes.formUnion(made.codes)
                overlaps += made.overlaps.count
                guard made.codes.isEmpty else { continue }
                fields += made.hits.count
                most = max(most, made.hits.count)
            }
        }
        #expect(codes == [.malformedJSON, .fieldMissing, .pathUnsupported])
        #expect(fields > 500)
        #expect(overlaps > 50)
        #expect(most > 20)
    }
}
