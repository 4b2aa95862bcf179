import Foundation
import KMDiagnosis
import KMPrimitives
import KMTestSupport

extension PlantedLeak {
    /// The leaks that ten pairs must show.
    static let all = numbers + digits + parts + hashes + others

    private static let numbers = [
        PlantedLeak("the published batch: seven hexadecimal digits", [.numberSum], base: 16, width: 7) { generator in
            let constant = generator.below(1 << 28)
            return { AuditCase.text(AuditCase.value($0.prefix(8)) + constant, base: 16, width: 7) }
        },
        PlantedLeak("a decimal sum", [.numberSum, .digitSum], base: 10, width: 8) { generator in
            let (constant, start) = (generator.below(100_000_000), generator.below(8))
            return { AuditCase.text(AuditCase.value($0[start..<(start + 8)]) + constant, base: 10, width: 8) }
        },
        PlantedLeak("a sum in base 36", [.numberSum], base: 36, width: 6) { generator in
            let (constant, start) = (generator.below(36 * 36 * 36), generator.below(8))
            return { AuditCase.text(AuditCase.value($0[start..<(start + 8)]) + constant, base: 36, width: 6) }
        },
        PlantedLeak("a sum of hexadecimal digits", [.numberSum, .digitSum], base: 16, width: 6) { generator in
            let (constant, start) = (generator.below(1 << 24), generator.below(10))
            return { AuditCase.text(AuditCase.value($0[start..<(start + 6)], base: 16) + constant, base: 16, width: 6) }
        },
        PlantedLeak("a hexadecimal affine relation", [.affine], base: 16, width: 7) { generator in
            let (factor, constant, start) = (
                3 + 2 * generator.below(50_000), generator.below(1 << 28), generator.below(9)
            )
            return { AuditCase.text(AuditCase.value($0[start..<(start + 7)]) * factor + constant, base: 16, width: 7) }
        },
        PlantedLeak("a decimal affine relation", [.affine], base: 36, width: 6) { generator in
            let (factor, constant, start) = (
                3 + 10 * generator.below(5000), generator.below(1_000_000), generator.below(9)
            )
            return { AuditCase.text(AuditCase.value($0[start..<(start + 6)]) * factor + constant, base: 10, width: 6) }
        },
        PlantedLeak("an affine relation in base 36", [.affine], base: 36, width: 5) { generator in
            let (factor, constant, start) = (
                5 + 6 * generator.below(5000), generator.below(1_000_000), generator.below(9)
            )
            return { AuditCase.text(AuditCase.value($0[start..<(start + 7)]) * factor + constant, base: 36, width: 5) }
        },
        PlantedLeak("a hexadecimal XOR", [.numberXOR], base: 16, width: 7) { generator in
            let (constant, start) = (generator.below(1 << 28), generator.below(8))
            return { AuditCase.text(AuditCase.value($0[start..<(start + 8)]) ^ constant, base: 16, width: 7) }
        },
        PlantedLeak("a decimal XOR", [.numberXOR], base: 10, width: 6) { generator in
            let (constant, start) = (1 + generator.below(1 << 18), generator.below(11))
            return { AuditCase.text(AuditCase.value($0[start..<(start + 5)]) ^ constant, base: 10, width: 6) }
        },
        PlantedLeak("an XOR in base 36", [.numberXOR], base: 36, width: 6) { generator in
            let (constant, start) = (1 + generator.below(1 << 26), generator.below(8))
            return { AuditCase.text(AuditCase.value($0[start..<(start + 8)]) ^ constant, base: 36, width: 6) }
        },
    ]

    private static let digits = [
        PlantedLeak("copied digits", [.copiedDigits], base: 36, width: 5) { generator in
            let start = 1 + generator.below(11)
            return { AuditCase.text(AuditCase.value($0[start..<(start + 5)]), base: 10, width: 5) }
        },
        PlantedLeak("one copied digit", [.copiedDigits], base: 16, width: 1) { generator in
            let start = 1 + generator.below(15)
            return { "\($0[start])" }
        },
        PlantedLeak("reversed digits", [.reversedDigits], base: 16, width: 6) { generator in
            let start = 1 + generator.below(10)
            return { $0[start..<(start + 6)].reversed().map { "\($0)" }.joined() }
        },
        PlantedLeak("moved digits", [.movedDigits], base: 36, width: 6) { generator in
            var places = Array(1..<16).shuffled(using: &generator).prefix(6)
            // Neighbours stay apart, so that no part is a plain copy.
            while zip(places, places.dropFirst()).contains(where: { abs($0 - $1) == 1 }) {
                places = Array(1..<16).shuffled(using: &generator).prefix(6)
            }
            let order = Array(places)
            return { digits in order.map { "\(digits[$0])" }.joined() }
        },
        PlantedLeak("digits plus constants modulo 10", [.digitSum], base: 16, width: 6) { generator in
            let (pad, start) = ((0..<6).map { _ in 1 + generator.below(8) }, 1 + generator.below(9))
            return { zip($0[start...], pad).map { "\(($0 + $1) % 10)" }.joined() }
        },
        PlantedLeak("digits plus constants modulo 36", [.digitSum], base: 36, width: 6) { generator in
            let (pad, start) = ((0..<6).map { _ in 10 + generator.below(17) }, 1 + generator.below(9))
            return { String(zip($0[start...], pad).map { AuditCase.character(($0 + $1) % 36) }) }
        },
        PlantedLeak("digits XOR constants", [.digitXOR], base: 16, width: 6) { generator in
            let (pad, start) = ((0..<6).map { _ in 5 + generator.below(10) }, 1 + generator.below(9))
            return { String(zip($0[start...], pad).map { AuditCase.character($0 ^ $1) }) }
        },
        PlantedLeak("one table for all digits", [.substitution], base: 36, width: 8) { generator in
            let (table, start) = (Array(0..<36).shuffled(using: &generator), 1 + generator.below(7))
            return { String($0[start..<(start + 8)].map { AuditCase.character(table[$0]) }) }
        },
        PlantedLeak("a table for each position", [.substitution], base: 16, width: 10) { generator in
            let tables = (0..<10).map { _ in Array(0..<16).shuffled(using: &generator) }
            let start = 1 + generator.below(5)
            return { String(zip($0[start...], tables).map { AuditCase.character($1[$0]) }) }
        },
    ]

    private static let parts = [
        PlantedLeak("a part that depends on the BIN", [.equalParts, .substitution]) { generator in
            let bins = (0..<3).map { _ in "9" + AuditCase.text(generator.below(100_000), base: 10, width: 5) }
            let (codes, start) = (
                bins.map { _ in AuditCase.text(generator.below(1 << 16), base: 36, width: 4) },
                2 + generator.below(21)
            )
            return (0..<10).map { index in
                let pan = TestNumbers.number(bins[index % 3], count: 16, using: &generator)
                var par = Array(AuditCase.randomPAR(36, &generator))
                par.replaceSubrange(start..<(start + 4), with: Array(codes[index % 3]))
                return (pan, String(par))
            }
        },
        PlantedLeak("a part that depends on the last four digits", [.equalParts, .substitution]) { generator in
            let (start, key) = (2 + generator.below(21), generator.below(1 << 30))
            var pans = AuditCase.randomPANs(5, &generator)
            pans += pans.map { pan in
                var other = pan
                while other == pan || other.suffix(4) != pan.suffix(4) {
                    other = TestNumbers.number("9", count: 11, using: &generator) + "0" + pan.suffix(4)
                    if (try? PAN(other)) == nil { other = pan }
                }
                return other
            }
            return pans.map { pan in
                var par = Array(AuditCase.randomPAR(16, &generator))
                let last = Int(pan.suffix(4)) ?? 0
                let code = (last * 7919) ^ key
                let part = AuditCase.text((code * code) >> 7, base: 16, width: 4)
                par.replaceSubrange(start..<(start + 4), with: Array(part))
                return (pan, String(par))
            }
        },
    ]

    private static let hashes = [
        hash("part of SHA-256", .sha256) { String(hexadecimal($0).uppercased().dropFirst(9).prefix(25)) },
        hash("MD5 in base 36", .md5) { AuditCase.base36($0) },
        hash("SHA-1 in base 36, the last characters", .sha1) { String(AuditCase.base36($0).suffix(25)) },
        hash("SHA-512 of a line in Base64", .sha512, end: "\n") {
            String(Data($0).base64EncodedString().uppercased().filter { $0 != "+" && $0 != "/" }.prefix(25))
        },
        hash("SHA-224, a character for each byte", .sha224) {
            String($0.map { AuditCase.character(Int($0) % 36) }.prefix(25))
        },
        hash("SHA-256 of SHA-256", .sha256) {
            String(hexadecimal(PlainHash.sha256.digest($0) ?? []).uppercased().prefix(25))
        },
    ]

    private static func hash(
        _ name: String,
        _ hash: PlainHash,
        end: String = "",
        _ text: @escaping @Sendable ([UInt8]) -> String
    ) -> PlantedLeak {
        PlantedLeak(name, [.plainHash]) { generator in
            AuditCase.randomPANs(10, &generator).map { pan in
                let characters = text(hash.digest(Array((pan + end).utf8)) ?? [])
                return (pan, "Q1" + String((characters + String(repeating: "0", count: 25)).prefix(25)))
            }
        }
    }

    private static let others = [
        PlantedLeak("PARs that sort as the PANs", [.order]) { generator in
            let pans = AuditCase.randomPANs(10, &generator)
            let pars = pans.map { _ in AuditCase.randomPAR(36, &generator) }.sorted()
            return Array(zip(pans.sorted(), pars)).shuffled(using: &generator).map { ($0.0, $0.1) }
        },
        PlantedLeak("a part that sorts in the opposite order", [.order]) { generator in
            let (pans, start) = (AuditCase.randomPANs(10, &generator).sorted(), 3 + generator.below(15))
            let parts = (0..<10).map { _ in AuditCase.text(generator.below(1 << 40), base: 36, width: 8) }.sorted()
            return zip(pans, parts.reversed()).map { pan, part in
                var par = Array(AuditCase.randomPAR(36, &generator))
                par.replaceSubrange(start..<(start + 8), with: Array(part))
                return (pan, String(par))
            }.shuffled(using: &generator)
        },
        PlantedLeak("a counter of the lines", [.counter]) { generator in
            let (first, step) = (generator.below(1 << 30), 1 + generator.below(1000))
            return AuditCase.randomPANs(10, &generator).enumerated().map { index, pan in
                let number = AuditCase.text(first + step * index, base: 36, width: 7)
                return (pan, String(AuditCase.randomPAR(36, &generator).dropLast(7)) + number)
            }
        },
        PlantedLeak("numbers that grow with the lines", [.fileOrder, .order]) { generator in
            var number = generator.below(1 << 30)
            return AuditCase.randomPANs(10, &generator).map { pan in
                number += 1 + generator.below(1 << 25)
                let text = AuditCase.text(number, base: 36, width: 8)
                return (pan, "Q1" + text + AuditCase.randomPAR(36, &generator).suffix(17))
            }
        },
        PlantedLeak("constant characters", [.constantCharacters]) { generator in
            let (start, part) = (3 + generator.below(15), AuditCase.text(generator.below(1 << 30), base: 36, width: 6))
            return AuditCase.randomPANs(10, &generator).map { pan in
                var par = Array(AuditCase.randomPAR(36, &generator))
                par.replaceSubrange(start..<(start + 6), with: Array(part))
                return (pan, String(par))
            }
        },
        PlantedLeak("five different characters", [.fewCharacters]) { generator in
            AuditCase.randomPANs(10, &generator).map { ($0, AuditCase.randomPAR(5, &generator)) }
        },
        PlantedLeak("one PAR for two PANs", [.sharedPAR]) { generator in
            var pairs: [AuditCase.Pair] = AuditCase.randomPANs(10, &generator).map { pan in
                (pan, AuditCase.randomPAR(36, &generator))
            }
            pairs[7].par = pairs[2].par
            return pairs
        },
        PlantedLeak("two PARs for one PAN", [.severalPARs]) { generator in
            var pairs: [AuditCase.Pair] = AuditCase.randomPANs(10, &generator).map { pan in
                (pan, AuditCase.randomPAR(36, &generator))
            }
            pairs[7].pan = pairs[2].pan
            return pairs
        },
        PlantedLeak("a part with two values", [.repeatedParts, .bias]) { generator in
            let start = 2 + generator.below(20)
            return AuditCase.randomPANs(10, &generator).map { pan in
                var par = Array(AuditCase.randomPAR(36, &generator))
                par.replaceSubrange(start..<(start + 4), with: Array(generator.once(in: 2) ? "A7K2" : "M0PX"))
                return (pan, String(par))
            }
        },
    ]
}
