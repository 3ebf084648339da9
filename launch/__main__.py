"""`python -m launch`: what ./aymak hands over to."""

from launch.cli import main

if __name__ == "__main__":
    main()
