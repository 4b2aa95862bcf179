import KMDiagnosis
import KMSecurity

/// Scans texts for card numbers; the first byte of the input selects the size of the parts, and the rest is the text.
enum ScannedTexts {
    /// A number on its own line must be found in any text, and the findings must be the same for parts of any size.
    static func run(_ input: [UInt8]) {
        guard let size = input.first.map({ Int($0) + 1 }) else { return }
        let around = Array(input.dropFirst())
        let half = around.count / 2
        let number = number(from: around, count: 14 + size % 6)
        var text = around
        text.insert(contentsOf: [[0x0A], number, [0x0A]].joined(), at: half)
        let place = half + 1..<half + 1 + number.count
        let all = check(text, size, issuers: nil)
        precondition(all.contains { $0.byteRange == place && $0.digitCount == number.count })
        _ = check(around, size, issuers: IssuerRange.known)
    }

    private static func check(_ text: [UInt8], _ size: Int, issuers: [IssuerRange]?) -> [PANFinding] {
        let findings = PANScanner.findings(in: text.span, issuers: issuers)
        var scanner = PANScanner(issuers: issuers)
        var parts: [PANFinding] = []
        for start in stride(from: 0, to: text.count, by: size) {
            scanner.append(text.span.extracting(start..<min(text.count, start + size))) { parts.append($0) }
        }
        scanner.finish { parts.append($0) }
        precondition(parts == findings)
        var end = 0
        for finding in findings {
            precondition(finding.byteRange.lowerBound >= end && finding.byteRange.upperBound <= text.count)
            precondition(finding.masked.utf8.count == finding.digitCount && (12...19).contains(finding.digitCount))
            end = finding.byteRange.upperBound
        }
        return findings
    }

    /// Returns a card number whose digits come from the text.
    ///
    /// The scanner ignores numbers of one repeated digit, and numbers of 13 digits that could be article numbers. So
    /// the number begins with 45, and callers must not ask for 13 digits.
    private static func number(from text: [UInt8], count: Int) -> [UInt8] {
        let given = (0..<count - 3).map { UInt8(ascii: "0") + ($0 < text.count ? text[$0] % 10 : 9) }
        let digits = Array("45".utf8) + given
        let check = (10 - Cards.sum(digits + [UInt8(ascii: "0")]) % 10) % 10
        return digits + [UInt8(ascii: "0") + UInt8(check)]
    }
}
