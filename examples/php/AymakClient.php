<?php
/**
 * Report events to Aymak from PHP 8.1 or newer on Linux; no framework and no extension is needed.
 *
 *     $client = AymakClient::fromEnv();
 *     $client->add('client_verified', ['client_ref' => 'u-1001'], 'verified-u-1001-1'); // in the spool
 *     $client->flush();                                                                // sends them
 *
 * add() is quick and survives a crash as soon as it has returned: call it in the web request.
 * flush() sends what waits, from a timer (cron): see examples/README.md.
 * As a command: php AymakClient.php add TYPE [ID] < data.json, php AymakClient.php flush
 */

declare(strict_types=1);

/** The gateway gave no good answer in all attempts; the events wait in the spool. */
final class Unreachable extends RuntimeException {}

/** The gateway refuses the request itself: address, key or form; a person must look. */
final class Misconfigured extends RuntimeException {}

/** A folder with one file for each event: "pending" waits, "refused" needs a person. */
final class AymakSpool
{
    public function __construct(private string $folder)
    {
        foreach (['tmp', 'pending', 'refused'] as $name) {
            if (!is_dir("$folder/$name") && !@mkdir("$folder/$name", 0700, true) && !is_dir("$folder/$name")) {
                throw new RuntimeException("cannot make $folder/$name");
            }
        }
    }

    /** Keep an event; it is on the disk when this returns. */
    public function add(array $event): void
    {
        $now = explode(' ', microtime());
        $name = sprintf('%011d%s0-%s.json', $now[1], substr($now[0], 2, 8), bin2hex(random_bytes(4)));
        $this->write('pending', $name, $event);
    }

    /** Return the names of what waits, oldest first. */
    public function waiting(): array
    {
        return array_map('basename', glob("{$this->folder}/pending/*.json") ?: []);
    }

    /** Return a waiting event, or null where a file holds no JSON. */
    public function read(string $name): mixed
    {
        // Objects stay objects: {} must not become [].
        return json_decode((string) file_get_contents("{$this->folder}/pending/$name"));
    }

    /** Forget an event that was accepted. */
    public function done(string $name): void
    {
        unlink("{$this->folder}/pending/$name");
    }

    /** Put an event that was refused where it blocks nothing, beside the reason. */
    public function setAside(string $name, mixed $problem): void
    {
        $this->write('refused', str_replace('.json', '.problem.json', $name), $problem);
        rename("{$this->folder}/pending/$name", "{$this->folder}/refused/$name");
        $this->sync('refused');
    }

    /** Call $work in one process at a time; the system ends a dead one's turn. */
    public function inTurn(callable $work): void
    {
        $lock = fopen("{$this->folder}/lock", 'c');
        if (flock($lock, LOCK_EX | LOCK_NB)) {
            $work();
        }
        fclose($lock);
    }

    private function write(string $kind, string $name, mixed $value): void
    {
        // A name in its final folder is always a whole file: written and synced elsewhere first.
        $draft = "{$this->folder}/tmp/$name." . getmypid();
        $text = AymakClient::json($value);
        $file = fopen($draft, 'w');
        if (fwrite($file, $text) !== strlen($text) || !fflush($file) || !fsync($file)) {
            throw new RuntimeException("cannot write $draft");
        }
        fclose($file);
        if (!rename($draft, "{$this->folder}/$kind/$name")) {
            throw new RuntimeException("cannot keep $name");
        }
        $this->sync($kind);
    }

    private function sync(string $kind): void
    {
        $folder = @fopen("{$this->folder}/$kind", 'r');
        if ($folder) {
            @fsync($folder);
            fclose($folder);
        }
    }
}

final class AymakClient
{
    private const BATCH = 100;
    private const ATTEMPTS = 6;
    private const LONGEST_WAIT = 30.0;
    private const LONGEST_RETRY_AFTER = 60;
    /** What another attempt may mend; anything else is a mistake of the event or the settings. */
    private const AGAIN = [408, 425, 429, 500, 502, 503, 504];

    public readonly AymakSpool $spool;
    private int $sent = 0;
    private int $refused = 0;

    public function __construct(
        private string $url,
        private string $key,
        private string $source,
        string $folder,
        private float $timeout = 10.0,
        private float $firstWait = 0.5,
    ) {
        $this->spool = new AymakSpool($folder);
    }

    /** Make a client from AYMAK_URL, AYMAK_KEY, AYMAK_SOURCE and AYMAK_SPOOL. */
    public static function fromEnv(): self
    {
        foreach (['AYMAK_URL', 'AYMAK_KEY', 'AYMAK_SOURCE'] as $name) {
            if (getenv($name) === false) {
                throw new Misconfigured("$name is not set");
            }
        }
        return new self(
            getenv('AYMAK_URL'),
            getenv('AYMAK_KEY'),
            getenv('AYMAK_SOURCE'),
            getenv('AYMAK_SPOOL') ?: 'spool',
            (float) (getenv('AYMAK_TIMEOUT') ?: 10),
            (float) (getenv('AYMAK_WAIT') ?: 0.5),
        );
    }

    /**
     * Keep an event and return its id, which stays the same however often it is sent.
     * Give an $id that your own data determine where a fact could be added twice.
     */
    public function add(string $type, array|object $data, string $id = '', ?DateTimeInterface $at = null): string
    {
        $event = [
            'specversion' => '1.0',
            'id' => $id !== '' ? $id : bin2hex(random_bytes(16)),
            'source' => $this->source,
            'type' => $type,
            'time' => ($at ?? new DateTimeImmutable())->format('Y-m-d\TH:i:s.uP'),
            'datacontenttype' => 'application/json',
            'data' => (object) $data,
        ];
        $this->spool->add($event);
        return $event['id'];
    }

    /**
     * Send what waits, oldest first; returns at once while another process does so.
     * Throws Unreachable or Misconfigured; then everything unsent is still there.
     *
     * @return array{sent: int, refused: int, left: int}
     */
    public function flush(): array
    {
        $this->sent = $this->refused = 0;
        $this->spool->inTurn(function (): void {
            $size = self::BATCH;
            while ($names = array_slice($this->spool->waiting(), 0, $size)) {
                $size = $this->send($names);
            }
        });
        return ['sent' => $this->sent, 'refused' => $this->refused, 'left' => count($this->spool->waiting())];
    }

    public static function json(mixed $value): string
    {
        $flags = JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_PRESERVE_ZERO_FRACTION;
        return json_encode($value, $flags | JSON_THROW_ON_ERROR);
    }

    /** Settle one batch and return how large the next one may be. */
    private function send(array $names): int
    {
        $events = [];
        foreach ($names as $name) {
            $event = $this->spool->read($name);
            if ($event === null) {
                $this->spool->setAside($name, ['title' => 'This file holds no JSON.']);
                $this->refused++;
            } else {
                $events[$name] = $event;
            }
        }
        if (!$events) {
            return self::BATCH;
        }
        [$status, $answer] = $this->post(array_values($events));
        if ($status === 413 && count($events) > 1) {
            return intdiv(count($events), 2);
        }
        $whole = [(object) ['status' => 413, 'problem' => $answer]];
        $results = $status === 413 ? $whole : ($answer->results ?? []);
        if (!in_array($status, [202, 413, 422], true) || count($results) !== count($events)) {
            throw new Misconfigured("HTTP $status: " . substr(self::json($answer), 0, 500));
        }
        $this->settle(array_keys($events), $results);
        return self::BATCH;
    }

    private function settle(array $names, array $results): void
    {
        $kept = 0;
        foreach ($results as $number => $result) {
            if ($result->status === 202) {
                $this->spool->done($names[$number]);
                $this->sent++;
            } elseif (in_array($result->status, self::AGAIN, true)) {
                $kept++;
            } else {
                $this->spool->setAside($names[$number], $result->problem ?? null);
                $this->refused++;
            }
        }
        if ($kept) {
            throw new Unreachable("$kept events are to be sent later");
        }
    }

    /** Return status and JSON of the answer; the same bytes again after each failure. */
    private function post(array $events): array
    {
        $body = self::json($events);
        $wait = 0;
        $why = '';
        for ($attempt = 0; $attempt < self::ATTEMPTS; $attempt++) {
            if ($attempt) {
                $most = min(self::LONGEST_WAIT, $this->firstWait * 2 ** $attempt);
                usleep((int) (1e6 * ($wait + $most * mt_rand() / mt_getrandmax())));
            }
            [$status, $headers, $text] = $this->attempt($body);
            $answer = json_decode($text);
            // An answer that was cut off: nobody knows what became of the events.
            $isCut = $answer === null && in_array($status, [202, 422], true);
            if ($status && !$isCut && !in_array($status, self::AGAIN, true)) {
                return [$status, is_object($answer) ? $answer : new stdClass()];
            }
            $why = $status ? "HTTP $status" : 'no answer';
            $given = $headers['retry-after'] ?? '';
            $wait = ctype_digit($given) ? min(self::LONGEST_RETRY_AFTER, (int) $given) : 0;
        }
        throw new Unreachable(sprintf('no good answer in %d attempts, the last: %s', self::ATTEMPTS, $why));
    }

    /** Return status (0 without an answer), headers and body of one attempt. */
    private function attempt(string $body): array
    {
        $context = stream_context_create(['http' => [
            'method' => 'POST',
            'header' => [
                "Authorization: Bearer {$this->key}",
                'Content-Type: application/cloudevents-batch+json',
                'Accept-Language: en',
                'Connection: close',
            ],
            'content' => $body,
            'timeout' => $this->timeout,
            'ignore_errors' => true,
            'follow_location' => 0,
            'protocol_version' => 1.1,
        ]]);
        $stream = @fopen(rtrim($this->url, '/') . '/v1/events', 'r', false, $context);
        if (!$stream) {
            return [0, [], ''];
        }
        $text = (string) stream_get_contents($stream);
        $meta = stream_get_meta_data($stream);
        fclose($stream);
        $headers = [];
        foreach (array_slice($meta['wrapper_data'], 1) as $line) {
            [$name, $value] = array_pad(explode(':', $line, 2), 2, '');
            $headers[strtolower($name)] = trim($value);
        }
        $status = (int) (explode(' ', $meta['wrapper_data'][0])[1] ?? 0);
        return [$meta['timed_out'] ? 0 : $status, $headers, $text];
    }
}

/** Run the command; 0 all is well, 75 try again later, 78 somebody must look. */
function main(array $arguments): int
{
    $client = AymakClient::fromEnv();
    if (($arguments[0] ?? '') === 'add' && isset($arguments[1])) {
        $data = json_decode((string) stream_get_contents(STDIN), false, 512, JSON_THROW_ON_ERROR);
        echo $client->add($arguments[1], $data, $arguments[2] ?? ''), "\n";
        return 0;
    }
    if ($arguments === ['flush']) {
        try {
            $counts = $client->flush();
        } catch (Unreachable | Misconfigured $problem) {
            fwrite(STDERR, $problem->getMessage() . '; left ' . count($client->spool->waiting()) . "\n");
            return $problem instanceof Unreachable ? 75 : 78;
        }
        echo "sent {$counts['sent']}, refused {$counts['refused']}, left {$counts['left']}\n";
        return 0;
    }
    fwrite(STDERR, "usage: php AymakClient.php add TYPE [ID] < data.json | flush\n");
    return 64;
}

if (PHP_SAPI === 'cli' && realpath($_SERVER['SCRIPT_FILENAME'] ?? '') === __FILE__) {
    exit(main(array_slice($argv, 1)));
}
