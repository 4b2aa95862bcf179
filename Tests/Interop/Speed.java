import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.DateTimeException;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.Mac;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.OAEPParameterSpec;
import javax.crypto.spec.PSource;
import javax.crypto.spec.SecretKeySpec;

/**
 * Measures the operations of {@code kmsec speed} with the JDK's own providers. speed.py starts it and describes its
 * protocol.
 *
 * <pre>java Speed.java FOLDER</pre>
 *
 * The JDK has no JSON parser. Regular expressions find the few members that the operations need.
 */
public final class Speed {
    private static final Pattern BODY =
        Pattern.compile("\\s*\\{\\s*\"encData\"\\s*:\\s*\"([A-Za-z0-9_.-]*)\"\\s*}\\s*");
    private static final Pattern MEMBER = Pattern.compile("\"(alg|enc|kid)\"\\s*:\\s*\"([^\"\\\\]*)\"");
    private static final Pattern TOKEN = Pattern.compile("KMV1:([0-9]{17}):([A-Za-z0-9+/]{43})=?");
    private static final DateTimeFormatter TIME =
        DateTimeFormatter.ofPattern("uuuuMMddHHmmssSSS").withResolverStyle(ResolverStyle.STRICT);
    private static final ZoneOffset KST = ZoneOffset.ofHours(9);
    private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();
    private static final Base64.Encoder BASE64 = Base64.getEncoder().withoutPadding();
    private static final OAEPParameterSpec OAEP =
        new OAEPParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, PSource.PSpecified.DEFAULT);

    private final Path folder;
    private final byte[] parameters;
    private final byte[] body;
    private final String keyID;
    private final String time;
    private final String header;
    private final long clock;
    private final SecureRandom random = new SecureRandom();
    private final Cipher wrapping = Cipher.getInstance("RSA/ECB/OAEPPadding", "SunJCE");
    private final Cipher unwrapping = Cipher.getInstance("RSA/ECB/OAEPPadding", "SunJCE");
    private final Cipher aes = Cipher.getInstance("AES/GCM/NoPadding", "SunJCE");
    private final Mac mac = Mac.getInstance("HmacSHA256", "SunJCE");

    private Speed(Path folder) throws GeneralSecurityException, IOException {
        this.folder = folder;
        parameters = bytes("parameters");
        body = bytes("body");
        keyID = text("key-id");
        time = text("time");
        clock = Long.parseLong(text("clock"));
        header = "{\"alg\":\"RSA-OAEP-256\",\"enc\":\"A256GCM\",\"kid\":\"" + keyID + "\"}";
        KeyFactory rsa = KeyFactory.getInstance("RSA", "SunRsaSign");
        PublicKey publicKey = rsa.generatePublic(new X509EncodedKeySpec(pem("public.pem")));
        PrivateKey privateKey = rsa.generatePrivate(new PKCS8EncodedKeySpec(pem("private.pem")));
        wrapping.init(Cipher.ENCRYPT_MODE, publicKey, OAEP);
        unwrapping.init(Cipher.DECRYPT_MODE, privateKey, OAEP);
        mac.init(new SecretKeySpec(bytes("secret"), "HmacSHA256"));
    }

    private byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(folder.resolve(name));
    }

    private String text(String name) throws IOException {
        return new String(bytes(name), StandardCharsets.US_ASCII);
    }

    private byte[] pem(String name) throws IOException {
        return Base64.getMimeDecoder().decode(text(name).replaceAll("-----[A-Z ]+-----", ""));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private String encrypt() throws GeneralSecurityException {
        byte[] key = new byte[32];
        byte[] iv = new byte[12];
        random.nextBytes(key);
        random.nextBytes(iv);
        String protectedHeader = BASE64URL.encodeToString(ascii(header));
        aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, iv));
        aes.updateAAD(ascii(protectedHeader));
        byte[] sealed = aes.doFinal(parameters);
        int length = sealed.length - 16;
        return "{\"encData\":\"" + protectedHeader
            + "." + BASE64URL.encodeToString(wrapping.doFinal(key))
            + "." + BASE64URL.encodeToString(iv)
            + "." + BASE64URL.encodeToString(Arrays.copyOf(sealed, length))
            + "." + BASE64URL.encodeToString(Arrays.copyOfRange(sealed, length, sealed.length)) + "\"}";
    }

    private byte[] decrypt(String text) throws GeneralSecurityException {
        Matcher found = BODY.matcher(text);
        if (!found.matches()) throw new IllegalArgumentException("another body");
        String[] parts = found.group(1).split("\\.", -1);
        if (parts.length != 5) throw new IllegalArgumentException("another number of parts");
        Base64.Decoder decoder = Base64.getUrlDecoder();
        checkHeader(new String(decoder.decode(parts[0]), StandardCharsets.UTF_8));
        byte[] key = unwrapping.doFinal(decoder.decode(parts[1]));
        byte[] iv = decoder.decode(parts[2]);
        byte[] tag = decoder.decode(parts[4]);
        if (key.length != 32 || iv.length != 12 || tag.length != 16) {
            throw new IllegalArgumentException("another length");
        }
        aes.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key, "AES"), new GCMParameterSpec(128, iv));
        aes.updateAAD(ascii(parts[0]));
        byte[] ciphertext = decoder.decode(parts[3]);
        byte[] sealed = Arrays.copyOf(ciphertext, ciphertext.length + tag.length);
        System.arraycopy(tag, 0, sealed, ciphertext.length, tag.length);
        return aes.doFinal(sealed);
    }

    private void checkHeader(String text) {
        int right = 0;
        Matcher member = MEMBER.matcher(text);
        while (member.find()) {
            String expected = switch (member.group(1)) {
                case "alg" -> "RSA-OAEP-256";
                case "enc" -> "A256GCM";
                default -> keyID;
            };
            if (!member.group(2).equals(expected)) throw new IllegalArgumentException("another header");
            right += 1;
        }
        if (right != 3) throw new IllegalArgumentException("another header");
    }

    private String sign() {
        return "KMV1:" + time + ":" + BASE64.encodeToString(mac.doFinal(body));
    }

    private boolean verify(String token) {
        Matcher found = TOKEN.matcher(token);
        if (!found.matches()) return false;
        long milliseconds = LocalDateTime.parse(found.group(1), TIME).toInstant(KST).toEpochMilli();
        byte[] decoded = Base64.getDecoder().decode(found.group(2));
        return MessageDigest.isEqual(decoded, mac.doFinal(body)) && Math.abs(milliseconds - clock) <= 300_000;
    }

    /** An operation. The sum of its results is used, so that the compiler cannot leave out a call. */
    private interface Call {
        int run() throws GeneralSecurityException;
    }

    private Call call(String operation) throws GeneralSecurityException {
        String message = encrypt();
        String token = sign();
        return switch (operation) {
            case "message-encrypt" -> () -> encrypt().length();
            case "message-decrypt" -> () -> decrypt(message).length;
            case "token-sign" -> () -> sign().length();
            default -> () -> verify(token) ? 1 : 0;
        };
    }

    /** Returns the median time of a call in microseconds, of batches of some milliseconds each. */
    private static double measure(Call call, double seconds) throws GeneralSecurityException {
        int batch = 1;
        List<Double> times = new ArrayList<>();
        long end = System.nanoTime() + (long) (seconds * 1e9);
        while (System.nanoTime() < end || times.size() < 5) {
            long sum = 0;
            long start = System.nanoTime();
            for (int i = 0; i < batch; i += 1) sum += call.run();
            long nanoseconds = System.nanoTime() - start;
            if (sum == 0) throw new GeneralSecurityException("the operation returned nothing to measure");
            if (nanoseconds < 5_000_000) batch *= 2;
            else times.add(nanoseconds / 1e3 / batch);
        }
        times.sort(null);
        return times.get(times.size() / 2);
    }

    private String answer(String[] words) throws GeneralSecurityException {
        return switch (words[0]) {
            case "version" -> "Java JCA (JDK " + System.getProperty("java.version") + ")";
            case "encrypt" -> encrypt();
            case "sign" -> sign();
            case "measure" -> Double.toString(measure(call(words[1]), Double.parseDouble(words[2])));
            default -> check(words[0], words[1]);
        };
    }

    private String check(String command, String text) {
        try {
            if (command.equals("verify")) return verify(text) ? "accepted" : "rejected";
            return Base64.getEncoder().encodeToString(decrypt(text));
        } catch (GeneralSecurityException | IllegalArgumentException | DateTimeException error) {
            return "rejected";
        }
    }

    public static void main(String[] arguments) throws GeneralSecurityException, IOException {
        Speed speed = new Speed(Path.of(arguments[0]));
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            System.out.println(speed.answer(line.split(" ")));
        }
    }
}
