import KMPrimitives
import KMSecurity
import KMSecurityTestSupport
import KMTestSupport

/// Makes nearly valid bodies, each damaged in one layer.
///
/// The layers around the damage are valid, so that authentication tags are valid where the damage is below them.
struct MutantMaker {
    var generator: SeededGenerator
    private let sealers: [ReferenceSealer]
    private let keyID: String

    init(seed: UInt64, _ pair: ReferencePair) throws {
        generator = SeededGenerator(seed: seed)
        sealers = [try ReferenceSealer(to: pair.publicKey), try ReferenceSealer(to: pair.publicKey, keyByteCount: 16)]
        keyID = pair.id.text
    }

    mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &generator) == 0 }

    mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        bytes.nearlyValid(with: MutantPieces.syntax, using: &generator)
    }

    /// Makes a message-level body.
    mutating func message() throws -> [UInt8] {
        let layer = Int.random(in: 0..<6, using: &generator)
        let size = Int.random(in: 0...1, using: &generator)
        let header = header(size, chance(2) ? [("kid", keyID)] : [], isDamaged: layer == 0)
        var plaintext = Array((MutantPieces.plaintexts.randomElement(using: &generator) ?? "").utf8)
        if layer == 1 { plaintext = damaged(plaintext) }
        var message = try sealers[size].jwe(header: header, plaintext: plaintext)
        if layer == 2 { message = damagedPart(of: message) }
        // A member before or after the message, where no other member is allowed.
        let other = layer == 4 && chance(3) ? MutantPieces.members.randomElement(using: &generator) : nil
        let isBefore = chance(2)
        let (before, behind) = (
            other.map { isBefore ? $0 + "," : "" } ?? "", other.map { isBefore ? "" : "," + $0 } ?? ""
        )
        let body = escaped(message, around: #"{\#(before)"encData":"#, "\(behind)}")
        return layer == 3 || layer == 4 && other == nil ? damaged(body) : body
    }

    /// Makes a document with the fields `a`, `b` and the elements of `c`, under the same RSA key and content key.
    mutating func fields(correlationID: String) throws -> [UInt8] {
        let layer = Int.random(in: 0..<7, using: &generator)
        let size = Int.random(in: 0...1, using: &generator)
        let places = ["$['a']", "$['b']", "$['c'][0]", "$['c'][1]"]
        let victim = Int.random(in: places.indices, using: &generator)
        var texts: [[UInt8]] = []
        for (index, path) in places.enumerated() {
            let isVictim = index == victim
            var members = [("kid", keyID), ("cty", "json"), ("path", path), ("cid", correlationID)]
            if isVictim, layer == 2 { members.remove(at: Int.random(in: members.indices, using: &generator)) }
            let header = header(size, members, isDamaged: isVictim && layer == 0)
            // The last two plaintexts are not valid in a field.
            let plaintexts = isVictim ? MutantPieces.plaintexts[...] : MutantPieces.plaintexts.dropLast(2)
            var plaintext = Array((plaintexts.randomElement(using: &generator) ?? "").utf8)
            if isVictim, layer == 1 { plaintext = damaged(plaintext) }
            let sealer = sealers[isVictim && layer == 2 && chance(4) ? 1 - size : size]
            var message = try sealer.jwe(header: header, plaintext: plaintext)
            if isVictim, layer == 3 { message = damagedPart(of: message) }
            texts.append(message)
        }
        if layer == 4, chance(2) { texts.swapAt(victim, Int.random(in: places.indices, using: &generator)) }
        let pieces = [#"{"a":"#, #","x":{"b":0},"b":"#, #", "c": ["#, ",", #"],"d":"é"}"#]
        var body = Array(pieces[0].utf8)
        for (text, piece) in zip(texts, pieces.dropFirst()) { body += escaped(text, around: "", piece) }
        return layer == 4 || layer == 5 ? damaged(body) : body
    }

    /// Makes a header; if `isDamaged`, it is damaged as a text, or in one member so that it is still JSON.
    private mutating func header(_ size: Int, _ members: [(String, String)], isDamaged: Bool) -> [UInt8] {
        let all = [("alg", "RSA-OAEP-256"), ("enc", ["A256GCM", "A128GCM"][size])] + members
        var texts = all.map { #""\#($0)":"\#($1)""# }
        let isDamagedInside = isDamaged && !chance(3)
        if isDamagedInside {
            let place = Int.random(in: texts.indices, using: &generator)
            let other = MutantPieces.members.randomElement(using: &generator) ?? ""
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: texts[place] = other
            case 1: texts.append(texts[place])
            case 2: texts.remove(at: place)
            default: texts.insert(other, at: place)
            }
        }
        let header = Array("{\(texts.joined(separator: ","))}".utf8)
        return isDamaged && !isDamagedInside ? damaged(header) : header
    }

    /// Returns a text as a JSON string, now and then with one escaped character.
    private mutating func escaped(_ text: [UInt8], around opening: String, _ closing: String) -> [UInt8] {
        var text = text
        if chance(4), let at = text.indices.randomElement(using: &generator) {
            let digits = String(text[at], radix: 16)
            text.replaceSubrange(at...at, with: "\\u00\(digits.count < 2 ? "0" : "")\(digits)".utf8)
        }
        return Array(opening.utf8) + [0x22] + text + [0x22] + Array(closing.utf8)
    }

    /// Returns a JWE with one damaged part, damaged before or after Base64 encoding.
    private mutating func damagedPart(of message: [UInt8]) -> [UInt8] {
        var parts = message.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        // The encrypted key only now and then, since each new one costs two RSA operations.
        let part = chance(12) ? 1 : [0, 2, 3, 4][Int.random(in: 0..<4, using: &generator)]
        if chance(2) {
            parts[part] = damaged(parts[part])
        } else {
            parts[part] = ReferenceBase64.url.encode(damaged(ReferenceBase64.url.decode(parts[part]) ?? []))
        }
        return Array(parts.joined(separator: [UInt8(ascii: ".")]))
    }
}
