import Foundation
import KMDiagnosis
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct PARAuditTests {
    /// The leaks that show even if two of ten pairs are wrong.
    private static let robust = PlantedLeak.all.filter { leak in
        !leak.relations.isDisjoint(with: [
            .numberSum, .affine, .digitSum, .digitXOR, .reversedDigits, .movedDigits, .plainHash, .counter,
        ])
    }

    /// Every planted leak is the only finding of ten pairs, under its right name.
    @Test(arguments: PlantedLeak.all) func tenPairsShowTheLeak(_ leak: PlantedLeak) throws {
        for seed in 0..<UInt64(Effort.isThorough ? 64 : 2) {
            var generator = SeededGenerator(seed: seed)
            let report = try AuditCase.report(leak.pairs(&generator))
            let found = report.findings.first
            #expect(found.map { leak.relations.contains($0.relation) } == true, "seed \(seed): \(report.findings)")
            #expect(report.findings.count == 1, "seed \(seed): \(report.findings.map(\.sentence))")
        }
    }

    @Test(arguments: robust) func wrongPairsDoNotHideTheLeak(_ leak: PlantedLeak) throws {
        for seed in 0..<UInt64(Effort.isThorough ? 24 : 1) {
            var generator = SeededGenerator(seed: 1000 + seed)
            var pairs = leak.pairs(&generator)
            let isHexadecimal = pairs[0].par.dropFirst(2).allSatisfy(\.isHexDigit)
            for index in Array(pairs.indices).shuffled(using: &generator).prefix(2) {
                pairs[index].par = AuditCase.randomPAR(isHexadecimal ? 16 : 36, &generator)
            }
            let report = try AuditCase.report(pairs)
            let found = report.findings.first { leak.relations.contains($0.relation) }
            #expect(found != nil, "seed \(seed): \(report.findings)")
            if let found { #expect(found.rightCount < found.predictedCount || found.predictedCount < 10) }
        }
    }

    /// The case of PROTOCOL.md section 4, with its positions and its predictions.
    @Test func publishedBatchIsExplained() throws {
        var generator = SeededGenerator(seed: 7)
        let pairs = AuditCase.randomPANs(10, bin: "949", &generator).map { pan -> AuditCase.Pair in
            let number = AuditCase.text((Int(pan.prefix(8)) ?? 0) + 0x3A5_1C07, base: 16, width: 7)
            let par = AuditCase.randomPAR(16, &generator)
            return (pan, par.prefix(9) + number + par.suffix(11))
        }
        let report = try AuditCase.report(pairs)
        let finding = try #require(report.findings.first)
        #expect(report.findings.count == 1)
        #expect(finding.relation == .numberSum)
        #expect(finding.parPositions == Array(10...16))
        #expect(finding.panPositions.last == 8)
        #expect(finding.rightCount == 9 && finding.predictedCount == 9)
        #expect(try #require(finding.log10Probability) < -30)
        for prediction in finding.predictions {
            let pair = pairs[prediction.pair - 1]
            #expect(prediction.found == pair.par.dropFirst(9).prefix(4) + "…")
            #expect(prediction.predicted == prediction.found && prediction.isRight)
        }
    }

    @Test func noPANIsShown() throws {
        let others = ["4111111111111111", "4012888888881881", "5555555555554444", "5105105105105100"]
        var audit = PARAudit()
        for number in [testCardNumber] + others { try audit.append(pan: PAN(number), par: "Q1" + number) }
        let report = try audit.report()
        #expect(report.findings.first?.relation == .copiedDigits)
        var dumped = ""
        dump(report, to: &dumped)
        dump(audit, to: &dumped)
        #expect(!showsCardNumber([dumped, "\(report)", "\(audit)", String(reflecting: audit)]))
    }

    /// Parts of the PAN that are the same in all pairs predict nothing.
    @Test func constantDigitsAreNotFound() throws {
        var generator = SeededGenerator(seed: 3)
        let pairs = AuditCase.randomPANs(10, bin: "949133", &generator).map { pan -> AuditCase.Pair in
            (pan, "PX949133" + AuditCase.randomPAR(36, &generator).suffix(20))
        }
        let report = try AuditCase.report(pairs)
        #expect(report.findings.isEmpty)
        #expect(report.notes.contains { $0.contains("PAN digits 1 to 6 are the same in all pairs") })
    }

    @Test(arguments: ["", "Q1,2", "Q 1", "Ü", String(repeating: "A", count: 65)])
    func otherPARsAreRejected(_ par: String) throws {
        var audit = PARAudit()
        let pan = try PAN(testCardNumber)
        #expect(throws: KMError(.parMalformed, "")) { try audit.append(pan: pan, par: par) }
        #expect(audit.pairCount == 0)
    }

    @Test func threePairsAreTooFew() throws {
        var (audit, generator) = (PARAudit(), SeededGenerator(seed: 1))
        let pans = AuditCase.randomPANs(4, &generator)
        #expect(throws: KMError(.pairsTooFew, "")) { try audit.report() }
        for pan in pans.dropLast() { try audit.append(pan: PAN(pan), par: AuditCase.randomPAR(36, &generator)) }
        try audit.append(pan: PAN(pans[0]), par: AuditCase.randomPAR(36, &generator))
        #expect(throws: KMError(.pairsTooFew, "")) { try audit.report() }
        try audit.append(pan: PAN(pans[3]), par: AuditCase.randomPAR(36, &generator))
        #expect(try audit.report().comparedCount == 4)
    }

    /// A leak that began late in a long file is in the sample, and a repeat is found wherever it is.
    @Test func longFilesAreSampled() throws {
        var (audit, generator) = (PARAudit(), SeededGenerator(seed: 9))
        let pans = AuditCase.randomPANs(6000, &generator)
        for pan in pans {
            let par = AuditCase.randomPAR(36, &generator)
            try audit.append(pan: PAN(pan), par: "\(par.prefix(10))\(pan.suffix(4))\(par.suffix(13))")
        }
        try audit.append(pan: PAN(pans[5]), par: AuditCase.randomPAR(36, &generator))
        let report = try audit.report()
        #expect(report.pairCount == 6001 && report.comparedCount == 1024)
        #expect(report.findings.map(\.relation) == [.severalPARs, .copiedDigits])
        #expect(report.findings.last?.parPositions == Array(11...14))
        #expect(report.findings.last?.panPositions == Array(13...16))
    }

    /// Pairs that are repeated in a file are not evidence.
    @Test func repeatedPairsAreNoLeak() throws {
        var generator = SeededGenerator(seed: 4)
        let pairs = AuditCase.randomPANs(10, &generator).map { ($0, AuditCase.randomPAR(36, &generator)) }
        #expect(try AuditCase.report((0..<40).flatMap { _ in pairs }).findings.isEmpty)
    }

    @Test func digestsAreThePublishedOnes() {
        let known: [(PlainHash, String)] = [
            (.md5, "900150983cd24fb0d6963f7d28e17f72"), (.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (.sha224, "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"),
            (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        ]
        for (hash, digest) in known { #expect(hash.digest(Array("abc".utf8)).map(hexadecimal) == digest) }
        #expect(PlainHash.sha384.digest([])?.count == 48)
        #expect(PlainHash.sha512.digest([])?.count == 64)
        #expect(OpenSSL.drainErrorQueue() == 0)
    }
}
