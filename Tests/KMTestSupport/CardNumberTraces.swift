internal import Foundation

/// The platform's public test card.
package let testCardNumber = "9491339401250765"

/// Whether one of the texts contains seven or more consecutive digits of the test card's number.
///
/// The search finds the digits with or without separators, as a list of bytes, in hexadecimal, in Base64, and as a list
/// of the bytes of Base64. A masked number shows fewer than seven digits on either side. Random digits contain seven
/// digits of the number once in millions.
package func showsCardNumber(_ texts: [String]) -> Bool {
    texts.contains { text in
        var search = CardNumberSearch()
        for byte in text.utf8 { search.append(byte) }
        search.append(0)
        return search.isFound
    }
}

/// Returns the texts with which an error can appear in a log or a crash message.
package func printings(ofError error: any Error) -> [String] {
    var dumped = ""
    dump(error, to: &dumped)
    return ["\(error)", String(reflecting: error), error.localizedDescription, dumped]
}

/// The last bytes or nibbles of an input, which are compared with the wanted ones.
private struct Window {
    private let wanted: Set<UInt64>
    private let bits: UInt64
    private let mask: UInt64
    private var value: UInt64 = 0

    init(_ wanted: [[UInt8]], bits: UInt64 = 8) {
        self.bits = bits
        self.wanted = Set(wanted.map { $0.reduce(0) { $0 << bits | UInt64($1) } })
        mask = (wanted.first?.count ?? 0) * Int(bits) == 64 ? .max : 1 << (UInt64(wanted.first?.count ?? 0) * bits) - 1
    }

    mutating func meets(_ next: UInt8) -> Bool {
        value = (value << bits | UInt64(next)) & mask
        return wanted.contains(value)
    }

    mutating func clear() { value = 0 }
}

private struct CardNumberSearch {
    private static let digits = Array(testCardNumber.utf8)
    private static let sevens = pieces(of: digits, count: 7)
    private static let encoded = [0, 1, 2].flatMap { skipped in
        pieces(of: Array(base64Text(Array(digits.dropFirst(skipped))).utf8), count: 8)
    }
    private static let nibbles = sevens.map { $0.flatMap { [$0 >> 4, $0 & 15] } }

    private(set) var isFound = false
    /// Digits, with any spaces and hyphens between them.
    private var plain = Window(sevens)
    private var base64 = Window(encoded)
    private var hexadecimal = Window(nibbles, bits: 4)
    /// Lists of numbers of one to three characters, read as decimal and as hexadecimal numbers.
    private var lists = [(10, Window(sevens)), (10, Window(encoded)), (16, Window(sevens)), (16, Window(encoded))]
    private var word: [UInt8] = []

    mutating func append(_ byte: UInt8) {
        if byte != UInt8(ascii: " "), byte != UInt8(ascii: "-") { isFound = plain.meets(byte) || isFound }
        isFound = base64.meets(byte) || isFound
        if let nibble = Character(Unicode.Scalar(byte)).hexDigitValue {
            isFound = hexadecimal.meets(UInt8(nibble)) || isFound
        } else {
            hexadecimal.clear()
        }
        let isWord = byte >= 0x30 && byte <= 0x39 || byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A
        guard !isWord else {
            word.append(byte)
            return
        }
        defer { word = [] }
        guard (1...3).contains(word.count) else {
            if !word.isEmpty { for index in lists.indices { lists[index].1.clear() } }
            return
        }
        let text = String(decoding: word, as: UTF8.self)
        for index in lists.indices {
            if let number = UInt8(text, radix: lists[index].0) {
                isFound = lists[index].1.meets(number) || isFound
            } else {
                lists[index].1.clear()
            }
        }
    }
}

private func pieces(of bytes: [UInt8], count: Int) -> [[UInt8]] {
    bytes.count < count ? [] : (0...bytes.count - count).map { Array(bytes[$0..<$0 + count]) }
}
