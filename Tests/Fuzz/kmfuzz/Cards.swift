import KMPrimitives
import KMSecurity
import KMTestSupport

/// Parses inputs as card numbers, PARs and prefixes.
struct Cards {
    private let tokenizer: PARTokenizer

    static func prepared() -> Cards {
        do {
            let key = try TokenizationKey(SecretBytes(copying: [UInt8](repeating: 7, count: 32)), version: 3)
            return Cards(tokenizer: try PARTokenizer(key))
        } catch {
            fatalError("the fuzz target cannot be prepared: \(error)")
        }
    }

    func run(_ input: [UInt8]) {
        let text = String(decoding: input, as: UTF8.self)
        if let par = try? PAR(text) { precondition(par.text == text && (try? PAR(par.text)) == par) }
        if let prefix = try? PAR.Prefix(text) { precondition(prefix.description == text) }
        parse(input, .none)
        parse(input, .spacesAndHyphens)
    }

    /// Parses a card number, which must be accepted if and only if it follows the rules, and must keep its digits.
    private func parse(_ input: [UInt8], _ separators: PAN.Separators) {
        let digits = input.filter { (0x30...0x39).contains($0) }
        let pan = try? PAN(input.span, separators: separators)
        precondition((pan != nil) == (Self.isLaidOut(input, separators) && Self.isNumber(digits)))
        guard let pan else { return }
        precondition(pan.withDigits { $0.count == digits.count && (try? PAN($0)) == pan })
        precondition(pan.withDigits { held in held.indices.allSatisfy { held[$0] == digits[$0] } })
        for leading in [PAN.LeadingDigits.none, .six, .eight] {
            let masked = Array(pan.masked(leading: leading).utf8)
            precondition(masked.count == digits.count)
            for (index, character) in masked.enumerated() where character != UInt8(ascii: "*") {
                let isLeading = digits.count >= 15 && index < leading.rawValue
                precondition(character == digits[index] && (isLeading || index >= digits.count - 4))
            }
        }
        let par = try? tokenizer.par(for: pan)
        precondition(par != nil && par == (try? tokenizer.par(forDigits: digits.span)))
        precondition(par.map { (try? tokenizer.version(of: $0, for: pan)) == 3 } ?? false)
    }

    /// Whether the input has only digits and, between them, single separators.
    private static func isLaidOut(_ input: [UInt8], _ separators: PAN.Separators) -> Bool {
        let isSeparator = input.map { separators != .none && ($0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "-")) }
        for (index, byte) in input.enumerated() where !(0x30...0x39).contains(byte) {
            guard isSeparator[index], index > 0, !isSeparator[index - 1], index < input.count - 1 else { return false }
        }
        return true
    }

    private static func isNumber(_ digits: [UInt8]) -> Bool {
        (12...19).contains(digits.count) && sum(digits) % 10 == 0
    }

    /// Returns the Luhn sum of ISO/IEC 7812-1, which is a multiple of ten for a card number.
    static func sum(_ digits: [UInt8]) -> Int {
        digits.reversed().enumerated().reduce(0) { sum, digit in
            let value = Int(digit.element - 0x30) * (digit.offset % 2 == 0 ? 1 : 2)
            return sum + value / 10 + value % 10
        }
    }
}
