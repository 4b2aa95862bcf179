import Foundation
import KMPrimitives
import KMTestSupport
import Testing

@Suite struct CertificateTests {
    private let day: TimeInterval = 86_400

    /// Returns the fields of a certificate, which `openssl x509` prints as lines of `name=value`.
    private func fields(of pem: [UInt8]) throws -> [String: String] {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(pem, to: "certificate.pem")
        let line =
            "x509 -in certificate.pem -noout -serial -fingerprint -sha256 -subject -dates -dateopt iso_8601 -nameopt"
        let text = String(decoding: try openssl(line, "RFC2253,-esc_msb,utf8"), as: UTF8.self)
        let pairs = text.split(separator: "\n").map { $0.split(separator: "=", maxSplits: 1) }
        return Dictionary(pairs.map { (String($0[0]), String($0[1])) }) { first, _ in first }
    }

    private func digits(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
    }

    private func expectAgreement(_ certificate: Certificate, _ pem: [UInt8]) throws {
        let fields = try fields(of: pem)
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withSpaceBetweenDateAndTime]
        #expect(fields["serial"] == digits(certificate.serialNumber))
        #expect(fields["sha256 Fingerprint"]?.replacing(":", with: "") == digits(certificate.fingerprint))
        #expect(fields["subject"] == certificate.subject)
        #expect(fields["notBefore"] == formatter.string(from: certificate.validity.lowerBound))
        #expect(fields["notAfter"] == formatter.string(from: certificate.validity.upperBound))
    }

    @Test func fieldsAgreeWithOpenSSL() throws {
        let pem = try KeyFiles["certificate.pem"]
        let certificate = try Certificate(parsing: pem)
        try expectAgreement(certificate, pem)
        #expect(certificate.subject == "CN=key-1,O=Example")
        #expect(try certificate.unverifiedPublicKey == RSAPublicKey(parsing: KeyFiles["spki.pem"]))
    }

    @Test func pemAndDERGiveTheSameCertificate() throws {
        let fromPEM = try Certificate(parsing: KeyFiles["certificate.pem"])
        let fromDER = try Certificate(parsing: KeyFiles["certificate.der"])
        #expect(fromPEM.fingerprint == fromDER.fingerprint)
        #expect(try fromPEM.derRepresentation() == KeyFiles["certificate.der"])
        #expect(try fromDER.pemRepresentation() == KeyFiles["certificate.pem"])
    }

    /// Names are escaped as in RFC 4514, and characters beyond ASCII stay readable.
    @Test(arguments: ["/CN=카드 서버", "/CN=a+b\\/c, \"d\" <e>;#f/O= padded ", "/C=KR/O=회사/OU=x/CN=é"])
    func subjectsAgreeWithOpenSSL(subject: String) throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(KeyFiles["pkcs8.pem"], to: "key.pem")
        let pem = try openssl("req -x509 -new -utf8 -key key.pem -days 1 -subj", subject)
        try expectAgreement(Certificate(parsing: pem), pem)
    }

    @Test(arguments: ["0", "1", "0x7f", "0x80", "0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"])
    func serialNumbersAreRead(serial: String) throws {
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(KeyFiles["pkcs8.pem"], to: "key.pem")
        let pem = try openssl("req -x509 -new -key key.pem -days 1 -subj /CN=x -set_serial \(serial)")
        let expected = serial.hasPrefix("0x") ? [UInt8](hex: String(serial.dropFirst(2))) : serial == "0" ? [] : [1]
        #expect(try Certificate(parsing: pem).serialNumber == expected)
    }

    @Test func validityIsInclusiveAtBothEnds() throws {
        let start = Date(timeIntervalSince1970: 1_700_000_000)
        let pair = try TestKeys.first()
        let certificate = try Certificate.selfSigned(pair, commonName: "x", validity: start...start + day)
        #expect(certificate.validity == start...start + day)
        #expect(try certificate.publicKey(validAt: start) == pair.publicKey)
        #expect(try certificate.publicKey(validAt: start + day) == pair.publicKey)
        for date in [start - 1, start - 0.001, start + day + 0.001, start + day + 1, .distantPast, .distantFuture] {
            #expect(rejection { try certificate.publicKey(validAt: date) } == .certificateNotValid, "\(date)")
        }
    }

    @Test func selfSignedCertificatesVerify() throws {
        let now = Date(timeIntervalSince1970: Date().timeIntervalSince1970.rounded(.down))
        let pair = try TestKeys.first()
        let certificate = try Certificate.selfSigned(pair, commonName: "카드 1", validity: now - day...now + day)
        let pem = try certificate.pemRepresentation()
        try expectAgreement(certificate, pem)
        #expect(certificate.subject == "CN=카드 1")
        #expect(certificate.serialNumber.count == 16)
        #expect(try Certificate(parsing: pem).fingerprint == certificate.fingerprint)
        #expect(try RSAPublicKey(parsing: pem) == pair.publicKey)
        let openssl = try OpenSSLCommand()
        defer { openssl.cleanUp() }
        try openssl.write(pem, to: "certificate.pem")
        try openssl("verify -check_ss_sig -x509_strict -CAfile certificate.pem certificate.pem")
        let text = String(decoding: try openssl("x509 -in certificate.pem -noout -text"), as: UTF8.self)
        for part in ["Version: 3", "sha256WithRSAEncryption", "Key Encipherment", "CA:FALSE", "Subject Key Identifier"]
        {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test func selfSignedCertificatesHaveDifferentSerialNumbers() throws {
        let now = Date(timeIntervalSince1970: 1_700_000_000)
        let pair = try TestKeys.first()
        let certificates = try (0..<10).map { _ in
            try Certificate.selfSigned(pair, commonName: "x", validity: now...now)
        }
        #expect(Set(certificates.map(\.serialNumber)).count == 10)
    }

    @Test func datesFrom1950To9999AreKept() throws {
        let validity = Date(timeIntervalSince1970: -631_152_000)...Date(timeIntervalSince1970: 253_402_300_799)
        let certificate = try Certificate.selfSigned(TestKeys.first(), commonName: "x", validity: validity)
        #expect(certificate.validity == validity)
        #expect(try Certificate(parsing: certificate.derRepresentation()).validity == validity)
    }

    @Test func invalidParametersAreRejected() throws {
        let (pair, now) = (try TestKeys.first(), Date(timeIntervalSince1970: 1_700_000_000))
        for name in ["", "a\0b", "\0", String(repeating: "x", count: 65), String(repeating: "é", count: 65)] {
            let code = rejection { try Certificate.selfSigned(pair, commonName: name, validity: now...now) }
            #expect(code == .invalidSize, "\(name.count)")
        }
        let longest = String(repeating: "가", count: 64)
        #expect(try Certificate.selfSigned(pair, commonName: longest, validity: now...now).subject == "CN=\(longest)")
        let dates = [Date.distantPast, Date(timeIntervalSince1970: -631_152_001), Date(timeIntervalSince1970: -1e300)]
        for date in dates {
            let code = rejection { try Certificate.selfSigned(pair, commonName: "x", validity: date...now) }
            #expect(code == .invalidSize, "\(date)")
        }
        for date in [Date(timeIntervalSince1970: 253_402_300_800), Date(timeIntervalSince1970: 1e300)] {
            let code = rejection { try Certificate.selfSigned(pair, commonName: "x", validity: now...date) }
            #expect(code == .invalidSize, "\(date)")
        }
    }

    @Test func dataWithoutACertificateIsRejected() throws {
        for name in ["pkcs8.pem", "spki.pem", "spki.der", "pkcs8.der", "modern.p12"] {
            #expect(rejection { try Certificate(parsing: KeyFiles[name]) } == .malformedCertificate, "\(name)")
        }
        let (pem, der) = (try KeyFiles["certificate.pem"], try KeyFiles["certificate.der"])
        for bytes in [[], [0x30], "garbage".bytes, der + [0], Array(der.dropLast()), Array(pem.dropLast(20))] {
            #expect(rejection { try Certificate(parsing: bytes) } == .malformedCertificate, "\(bytes.count)")
        }
    }

    @Test(arguments: ["ec", "ed25519", "pss", "rsa-1024"])
    func certificatesOfUnsupportedKeysAreRejected(kind: String) throws {
        #expect(rejection { try Certificate(parsing: KeyFiles["\(kind)-certificate.pem"]) } == .unsupportedKey)
    }

    @Test func textAroundPEMIsIgnored() throws {
        let pem = try KeyFiles["certificate.pem"]
        let expected = try Certificate(parsing: pem).fingerprint
        let carriageReturns = pem.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
        for bytes in ["0 a note\n".bytes + pem + "more".bytes, try KeyFiles["spki.pem"] + pem, carriageReturns] {
            #expect(try Certificate(parsing: bytes).fingerprint == expected)
        }
    }
}
