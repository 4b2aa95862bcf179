/// A small DER encoder for files that no tool makes, such as keys of extreme sizes.
package enum DER {
    package static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        [tag] + length(content.count) + content
    }

    package static func sequence(_ parts: [UInt8]...) -> [UInt8] { element(0x30, Array(parts.joined())) }

    package static func octets(_ bytes: [UInt8]) -> [UInt8] { element(0x04, bytes) }

    package static func bits(_ bytes: [UInt8]) -> [UInt8] { element(0x03, [0] + bytes) }

    /// Returns a non-negative INTEGER, given as big-endian bytes.
    package static func integer(_ bytes: [UInt8]) -> [UInt8] {
        let digits = bytes.drop { $0 == 0 }
        return element(0x02, (digits.first ?? 0x80) >= 0x80 ? [0] + digits : Array(digits))
    }

    /// Returns an INTEGER in two's complement.
    package static func integer(_ value: Int) -> [UInt8] {
        guard value >= 0 else {
            var bytes = (0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
            while bytes.count > 1, bytes[0] == 0xFF, bytes[1] >= 0x80 { bytes.removeFirst() }
            return element(0x02, bytes)
        }
        return integer((0..<8).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) })
    }

    /// Returns an OBJECT IDENTIFIER, given in dotted form.
    package static func identifier(_ dotted: String) -> [UInt8] {
        let arcs = dotted.split(separator: ".").compactMap { Int($0) }
        return element(0x06, [UInt8(arcs[0] * 40 + arcs[1])] + arcs.dropFirst(2).flatMap(base128))
    }

    package static let null: [UInt8] = [0x05, 0x00]

    private static func base128(_ arc: Int) -> [UInt8] {
        var digits = [UInt8(arc & 0x7F)]
        var rest = arc >> 7
        while rest > 0 {
            digits.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
            rest >>= 7
        }
        return digits
    }

    private static func length(_ count: Int) -> [UInt8] {
        guard count >= 0x80 else { return [UInt8(count)] }
        let bytes = (0..<8).reversed().map { UInt8(truncatingIfNeeded: count >> ($0 * 8)) }.drop { $0 == 0 }
        return [0x80 | UInt8(bytes.count)] + bytes
    }
}
