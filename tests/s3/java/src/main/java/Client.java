import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Does what each line of its input says, with AWS's SDK, and answers each by a line: all in base64. */
public final class Client {
    private static final String BUCKET = "data";

    private Client() {
    }

    public static void main(String[] arguments) throws Exception {
        S3Client s3 = S3Client.builder()
            .endpointOverride(URI.create(arguments[0]))
            .region(Region.US_EAST_1)
            .forcePathStyle(true)
            .overrideConfiguration(o -> o.retryStrategy(DefaultRetryStrategy.doNotRetry()))
            .credentialsProvider(StaticCredentialsProvider.create(
                AwsBasicCredentials.create(System.getenv("ACCESS_KEY"), System.getenv("SECRET_KEY"))))
            .build();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            try {
                out.println("ok " + answer(s3, words));
            } catch (NoSuchKeyException none) {
                out.println("none");
            } catch (S3Exception refused) {
                out.println("refused " + refused.statusCode() + " " + encoded(refused.getMessage()));
            } catch (RuntimeException broken) {
                out.println("broken " + encoded(String.valueOf(broken)));
            }
        }
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(String word) {
        return new String(Base64.getDecoder().decode(word), StandardCharsets.UTF_8);
    }

    private static String answer(S3Client s3, String[] words) {
        String key = text(words[1]);
        switch (words[0]) {
            case "put":
                s3.putObject(r -> r.bucket(BUCKET).key(key), RequestBody.fromBytes(Base64.getDecoder().decode(words[2])));
                return "";
            case "get":
                byte[] content = s3.getObjectAsBytes(r -> r.bucket(BUCKET).key(key)).asByteArray();
                return Base64.getEncoder().encodeToString(content);
            case "delete":
                s3.deleteObject(r -> r.bucket(BUCKET).key(key));
                return "";
            case "copy":
                s3.copyObject(r -> r.sourceBucket(BUCKET).sourceKey(key).destinationBucket(BUCKET)
                    .destinationKey(text(words[2])));
                return "";
            case "keys":
                return s3.listObjectsV2Paginator(r -> r.bucket(BUCKET).prefix(key)).contents().stream()
                    .map(o -> encoded(o.key()) + ":" + o.size()).collect(Collectors.joining(" "));
            default:
                throw new IllegalArgumentException(words[0]);
        }
    }
}
