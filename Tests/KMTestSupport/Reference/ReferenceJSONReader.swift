/// A recursive-descent parser for JSON.
struct ReferenceJSONReader {
    let text: [UInt8]
    let maximumDepth: Int
    var at = 0

    init(text: [UInt8], maximumDepth: Int) {
        self.text = text
        self.maximumDepth = maximumDepth
    }

    private var next: UInt8? { at < text.count ? text[at] : nil }

    mutating func skipSpace() {
        while next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D { at += 1 }
    }

    private mutating func take(_ token: String) throws {
        guard text[at...].starts(with: token.utf8) else { throw ReferenceRejection("malformedJSON") }
        at += token.utf8.count
    }

    private func sees(_ character: Unicode.Scalar) -> Bool { next == UInt8(ascii: character) }

    /// Parses a value; `depth` is the nesting depth that an object or array has here, from 1.
    mutating func value(depth: Int) throws -> ReferenceJSON {
        skipSpace()
        let start = at
        let content = try content(depth: depth)
        return ReferenceJSON(content: content, range: start..<at)
    }

    private mutating func content(depth: Int) throws -> ReferenceJSON.Content {
        switch next {
        case UInt8(ascii: "{"):
            guard depth <= maximumDepth else { throw ReferenceRejection("limitExceeded") }
            return .object(
                try list("{", "}") { reader in
                    let name = try reader.string()
                    reader.skipSpace()
                    try reader.take(":")
                    return (name, try reader.value(depth: depth + 1))
                }
            )
        case UInt8(ascii: "["):
            guard depth <= maximumDepth else { throw ReferenceRejection("limitExceeded") }
            return .array(try list("[", "]") { try $0.value(depth: depth + 1) })
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"): try take("true")
        case UInt8(ascii: "f"): try take("false")
        case UInt8(ascii: "n"): try take("null")
        default: try number()
        }
        return .other
    }

    private mutating func list<Item>(
        _ opening: String,
        _ closing: Unicode.Scalar,
        _ item: (inout Self) throws -> Item
    ) throws -> [Item] {
        try take(opening)
        skipSpace()
        var items: [Item] = []
        while !sees(closing) {
            if !items.isEmpty {
                try take(",")
                skipSpace()
            }
            items.append(try item(&self))
            skipSpace()
        }
        at += 1
        return items
    }

    private mutating func number() throws {
        if sees("-") { at += 1 }
        if sees("0") { at += 1 } else { try digits() }
        if sees(".") {
            at += 1
            try digits()
        }
        if sees("e") || sees("E") {
            at += 1
            if sees("+") || sees("-") { at += 1 }
            try digits()
        }
    }

    private mutating func digits() throws {
        let start = at
        while let byte = next, (0x30...0x39).contains(byte) { at += 1 }
        guard at > start else { throw ReferenceRejection("malformedJSON") }
    }

    private mutating func string() throws -> [UInt16] {
        try take("\"")
        var units: [UInt16] = []
        while !sees("\"") {
            if sees("\\") { units.append(try escape()) } else { units += try character() }
        }
        at += 1
        return units
    }

    private mutating func escape() throws -> UInt16 {
        at += 1
        let short: [UInt8: UInt16] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09,
        ]
        if let byte = next, let unit = short[byte] {
            at += 1
            return unit
        }
        try take("u")
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw ReferenceRejection("malformedJSON")
            }
            unit = unit << 4 | UInt16(digit)
            at += 1
        }
        return unit
    }

    /// Parses an unescaped character in UTF-8 (RFC 3629), and returns its code units.
    ///
    /// Control characters, overlong sequences and surrogates are rejected.
    private mutating func character() throws -> [UInt16] {
        let count: Int
        switch next ?? 0 {
        case 0x20...0x7F:
            at += 1
            return [UInt16(text[at - 1])]
        case 0xC2...0xDF: count = 2
        case 0xE0...0xEF: count = 3
        case 0xF0...0xF4: count = 4
        default: throw ReferenceRejection("malformedJSON")
        }
        guard let character = String(validating: text[at...].prefix(count), as: UTF8.self) else {
            throw ReferenceRejection("malformedJSON")
        }
        at += count
        return Array(character.utf16)
    }
}
