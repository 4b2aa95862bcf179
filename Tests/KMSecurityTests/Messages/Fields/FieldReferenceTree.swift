/// A JSON text as a tree that records the range of each value.
///
/// It is small, slow and recursive, unlike the scanner that it checks. Names are UTF-16 code units, so that a name can
/// have an unpaired surrogate.
indirect enum FieldReferenceTree {
    case leaf(Range<Int>)
    case object(Range<Int>, [(name: [UInt16], value: FieldReferenceTree)])
    case array(Range<Int>, [FieldReferenceTree])

    struct Malformed: Error {
        let at: Int
    }

    var range: Range<Int> {
        switch self {
        case .leaf(let range), .object(let range, _), .array(let range, _): range
        }
    }

    init(_ text: [UInt8]) throws {
        var reader = Reader(text: text)
        self = try reader.value()
        reader.space()
        guard reader.at == text.count else { throw Malformed(at: reader.at) }
    }

    private struct Reader {
        let text: [UInt8]
        var at = 0

        mutating func space() {
            while at < text.count, " \t\r\n".utf8.contains(text[at]) { at += 1 }
        }

        mutating func take(_ character: Unicode.Scalar) throws {
            space()
            guard at < text.count, text[at] == UInt8(ascii: character) else { throw Malformed(at: at) }
            at += 1
        }

        func sees(_ character: Unicode.Scalar) -> Bool { at < text.count && text[at] == UInt8(ascii: character) }

        mutating func value() throws -> FieldReferenceTree {
            space()
            let start = at
            if sees("{") {
                let members = try list(end: "}") { reader in
                    reader.space()
                    let name = try reader.string()
                    try reader.take(":")
                    return (name: name, value: try reader.value())
                }
                return .object(start..<at, members)
            }
            if sees("[") {
                let elements = try list(end: "]") { try $0.value() }
                return .array(start..<at, elements)
            }
            if sees("\"") {
                _ = try string()
            } else {
                while at < text.count, !",]} \t\r\n".utf8.contains(text[at]) { at += 1 }
            }
            guard at > start else { throw Malformed(at: at) }
            return .leaf(start..<at)
        }

        mutating func list<Item>(
            end: Unicode.Scalar,
            item: (inout Reader) throws -> Item
        ) throws -> [Item] {
            at += 1
            var items: [Item] = []
            space()
            while !sees(end) {
                if !items.isEmpty { try take(",") }
                items.append(try item(&self))
                space()
            }
            at += 1
            return items
        }

        /// Reads a string as UTF-16 code units, without Foundation and without the scanner under test.
        mutating func string() throws -> [UInt16] {
            try take("\"")
            var units: [UInt16] = []
            var raw: [UInt8] = []
            while !sees("\"") {
                guard at < text.count else { throw Malformed(at: at) }
                if !sees("\\") {
                    raw.append(text[at])
                    at += 1
                    continue
                }
                units += String(decoding: raw, as: UTF8.self).utf16
                raw = []
                units.append(try escape())
            }
            at += 1
            return units + String(decoding: raw, as: UTF8.self).utf16
        }

        mutating func escape() throws -> UInt16 {
            guard at + 1 < text.count else { throw Malformed(at: at) }
            let kind = Character(Unicode.Scalar(text[at + 1]))
            at += 2
            let short: [Character: UInt16] = ["b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "\"": 34, "\\": 92, "/": 47]
            if let unit = short[kind] { return unit }
            guard kind == "u", at + 4 <= text.count,
                let unit = UInt16(String(decoding: text[at..<at + 4], as: UTF8.self), radix: 16)
            else { throw Malformed(at: at) }
            at += 4
            return unit
        }
    }
}
