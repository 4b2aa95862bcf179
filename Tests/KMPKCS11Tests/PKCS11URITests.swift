#if PKCS11
import KMSecurity
import KMTestSupport
import Testing

@testable import KMPKCS11

@Suite("PKCS#11 URIs")
struct PKCS11URITests {
    @Test("The attributes that the package uses")
    func attributes() throws {
        let uri = try PKCS11URI(
            "pkcs11:token=a%20b;object=key;id=%00%ff;type=private?module-path=/usr/lib/x.so&pin-source=file:/run/pin"
        )
        #expect(uri.modulePath == "/usr/lib/x.so")
        #expect(uri.pinSource == .file("/run/pin"))
        #expect(uri.namesObject)
        #expect(!uri.description.contains("/run/pin"))
        #expect(uri.description.contains("token=a%20b"))
        #expect(uri.description.contains("id=%00%ff") || uri.description.contains("id=%00%FF"))
        let token = try PKCS11URI("pkcs11:serial=12")
        #expect(!token.namesObject)
        #expect(token.modulePath == nil)
        #expect(token.pinSource == nil)
        #expect(try PKCS11URI("pkcs11:").description == "pkcs11:")
        for source in ["/run/pin", "file:/run/pin", "file:///run/pin"] {
            #expect(try PKCS11URI("pkcs11:?pin-source=\(source)").pinSource == .file("/run/pin"))
        }
    }

    @Test(
        "Malformed and dangerous URIs",
        arguments: [
            "", "pkcs11", "pkcs12:token=a", "pkcs11:token", "pkcs11:token=%zz", "pkcs11:token=%4", "pkcs11:colour=red",
            "pkcs11:token=a;token=a", "pkcs11:token=a;token=b", "pkcs11:?pin-source=/a&pin-source=/b",
            "pkcs11:?pin-source=|cat%20/x", "pkcs11:?pin-source=relative", "pkcs11:?pin-source=file://host/pin",
            "pkcs11:?module-path=relative.so", "pkcs11:?module-name=hsm", "pkcs11:token=a\0b", "pkcs11:type=key",
            "pkcs11:library-version=x", "pkcs11:token=" + String(repeating: "a", count: 5000),
            "pkcs11:token=" + String(repeating: "a", count: 33),
        ]
    )
    func rejected(_ text: String) {
        #expect(rejection { try PKCS11URI(text) } == .hsmURIInvalid)
    }

    @Test("A PIN in a URI is rejected without a copy of it in the error")
    func pinValue() {
        let error = thrownError { try PKCS11URI("pkcs11:token=a?pin-value=secret4711") }
        #expect(error?.code == .hsmURIInvalid)
        #expect(error?.detail.contains("4711") == false)
        #expect(error?.detail.contains("pin-source=file:") == true)
        // In the path part it is an unknown attribute.
        #expect(rejection { try PKCS11URI("pkcs11:pin-value=secret4711") } == .hsmURIInvalid)
    }

    @Test("Random texts, and URIs with random changes, are rejected or read the same again")
    func garbage() throws {
        var random = SeededGenerator(seed: 7512)
        let valid = Array(
            "pkcs11:token=a%20b;object=key;id=%00%ff;type=private;slot-id=3;library-version=2.6?module-path=/x&pin-source=/y"
                .utf8
        )
        let marks = Array("%;&?=:/ \u{e9}pkcs11tokenobjectidtypeprivate0123456789abcdef".utf8)
        var (accepted, rejected) = (0, 0)
        var others: [String] = []
        for round in 0..<Effort.rounds(800_000) {
            var bytes = round % 4 == 0 ? Array("pkcs11:".utf8) : valid
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = Int.random(in: 0...bytes.count, using: &random)
                let byte = marks.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<4, using: &random) {
                case 0 where place < bytes.count: bytes.remove(at: place)
                case 1 where place < bytes.count: bytes[place] = byte
                case 2 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
                default: bytes.insert(byte, at: place)
                }
            }
            do {
                let uri = try PKCS11URI(String(decoding: bytes, as: UTF8.self))
                accepted += 1
                let again = try PKCS11URI(uri.description)
                if again.description != uri.description || again.namesObject != uri.namesObject {
                    others.append("\(uri) is \(again)")
                }
            } catch let error as KMError {
                if error.code != .hsmURIInvalid { others.append(error.description) }
                rejected += 1
            }
        }
        #expect(Set(others).prefix(5).isEmpty)
        #expect(accepted > 100)
        #expect(rejected > 100)
    }
}
#endif
